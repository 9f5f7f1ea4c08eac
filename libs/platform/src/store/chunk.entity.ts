import { EntitySchema } from 'typeorm';
import { bytes, type Dialect, label } from './columns.js';

/** Rows of requests, packed by column as the model's recorder sealed them: some thousand requests in one BLOB. */
export interface ChunkRow {
  simulationId: string;
  /** Number of its first request. */
  first: number;
  rows: number;
  /** What the chunk holds, as JSON, so that a question can pass over it unread. */
  stats: string;
  data: Uint8Array;
}

export const chunkEntity = (dialect: Dialect) =>
  new EntitySchema<ChunkRow>({
    name: 'chunk',
    tableName: 'request_chunks',
    columns: {
      simulationId: { ...label({ length: 36 }), primary: true, primaryKeyConstraintName: 'pk_request_chunks' },
      first: { type: 'integer', primary: true, primaryKeyConstraintName: 'pk_request_chunks' },
      rows: { type: 'integer' },
      stats: { type: 'text' },
      data: bytes(dialect),
    },
    foreignKeys: [
      {
        name: 'fk_request_chunks_simulation',
        target: 'simulation',
        columnNames: ['simulationId'],
        referencedColumnNames: ['id'],
        onDelete: 'CASCADE',
      },
    ],
  });
