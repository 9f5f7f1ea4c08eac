import { EntitySchema } from 'typeorm';
import { label } from './columns.js';

export type ResultDocument = 'dictionaries' | 'healthz' | 'transcript';

/** The larger results of a run beside its rows of requests, as JSON, each read only when it is asked for. */
export interface ResultDocumentRow {
  simulationId: string;
  kind: ResultDocument;
  body: string;
}

export const resultDocumentEntity = new EntitySchema<ResultDocumentRow>({
  name: 'result_document',
  tableName: 'result_documents',
  columns: {
    simulationId: { ...label({ length: 36 }), primary: true, primaryKeyConstraintName: 'pk_result_documents' },
    kind: { ...label({ length: 16 }), primary: true, primaryKeyConstraintName: 'pk_result_documents' },
    body: { type: 'text' },
  },
  foreignKeys: [
    {
      name: 'fk_result_documents_simulation',
      target: 'simulation',
      columnNames: ['simulationId'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});
