import { Brackets, type ObjectLiteral, type SelectQueryBuilder } from 'typeorm';

/** Where a page of a list goes on: after this entry. */
export interface Position {
  atMs: number;
  id: string;
}

/** Orders by age, newest first, and starts after `position`: any depth costs the same. */
export function newestFirst<Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>,
  position: Position | null,
  limit: number,
): SelectQueryBuilder<Row> {
  const at = `${query.alias}.createdAtMs`;
  const id = `${query.alias}.id`;
  query.orderBy({ [at]: 'DESC', [id]: 'DESC' }).limit(limit);
  if (!position) return query;
  return query.andWhere(
    new Brackets((older) => older.where(`${at} < :atMs`, position).orWhere(`${at} = :atMs AND ${id} < :id`, position)),
  );
}
