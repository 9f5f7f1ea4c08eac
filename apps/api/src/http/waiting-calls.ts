import { AppError } from '#platform';

/** Counts the calls of each tenant that stay open: whoever follows runs by the thousand would leave no place for others. */
export class WaitingCalls {
  private readonly byTenant = new Map<string, number>();

  constructor(private readonly most: number) {}

  /** AppError `quota-exceeded`. */
  async during<T>(tenant: string, work: () => Promise<T>): Promise<T> {
    const leave = this.enter(tenant);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  /** Returns how to leave, once. AppError `quota-exceeded`. */
  enter(tenant: string): () => void {
    const count = this.byTenant.get(tenant) ?? 0;
    if (count >= this.most)
      throw new AppError('quota-exceeded', `${this.most} calls follow runs or wait for them already (MAX_WAITING).`, {
        headers: { 'retry-after': '5' },
      });
    this.byTenant.set(tenant, count + 1);
    return () => {
      const left = (this.byTenant.get(tenant) ?? 1) - 1;
      if (left > 0) this.byTenant.set(tenant, left);
      else this.byTenant.delete(tenant);
    };
  }
}
