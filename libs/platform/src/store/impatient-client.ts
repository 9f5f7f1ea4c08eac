import pg from 'pg';

/**
 * A session with Postgres that ends when an answer does not come in time (`query_timeout`). Nobody knows how far it got: back
 * in the pool it could still be inside a transaction, into which others would write.
 */
export class ImpatientClient extends pg.Client {
  override query = ((...asked: Parameters<pg.Client['query']>) => {
    const answer: unknown = super.query(...asked);
    if (answer instanceof Promise)
      answer.catch((error: Error) => {
        if (error.message === 'Query read timeout') (this as unknown as Session).connection.stream.destroy();
      });
    return answer;
  }) as pg.Client['query'];
}

interface Session {
  connection: { stream: { destroy(): void } };
}
