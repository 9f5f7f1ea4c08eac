import helmet from 'helmet';

/**
 * Headers for every answer. The content policy allows what Swagger UI's page needs and nothing from elsewhere: its
 * scripts are files of this server, its styles are inline, its pictures are data URLs. Without `upgradeInsecureRequests`
 * and HSTS, because the server speaks plain HTTP.
 */
export const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      connectSrc: ["'self'"],
      objectSrc: ["'none'"],
      frameAncestors: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
    },
  },
  strictTransportSecurity: false,
});
