/** `npm run build`: TypeScript to `dist`, by swc; types are checked apart (`npm run types`). */
import { build, ensureInstalled } from './project.mjs';

ensureInstalled();
build();
