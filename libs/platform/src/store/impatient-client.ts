import pg from 'pg';

/**
 * A session with Postgres that ends when an answer does not come in time (`query_timeout`). Nobody knows how far it got: back
 * in the pool it could still be inside a transaction, into which others would write.
 *
 * One that is lost while nobody listens (just taken from the pool, or held without a question) says so to whoever asks it
 * next; an error that nobody hears would end the process.
 */
export class ImpatientClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => {});
  }

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
