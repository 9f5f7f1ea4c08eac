import type { Request, Response } from 'express';
import { AppError } from '#platform';
import type { WithPrincipal } from './tenant.js';

/** Bytes of the bodies that are held at once, of everybody and of a tenant: from before they are read until they are answered. */
export class BodyBudget {
  private readonly byTenant = new Map<string, number>();
  private all = 0;

  constructor(
    private readonly maxBytes: number,
    private readonly most = Math.max(64 * 1024 * 1024, 4 * maxBytes),
  ) {}

  /** Counts a body until its answer is sent or its client has gone. AppError where there is no room for it. */
  hold(request: Request & WithPrincipal, response: Response): void {
    // Its client went while its key was looked up: nothing would tell that it is over.
    if (response.closed) return;
    const bytes = this.bytesOf(request);
    const tenant = request.principal?.tenant ?? '';
    const held = this.byTenant.get(tenant) ?? 0;
    if (held + bytes > this.most / 2) throw noRoom('quota-exceeded', 'Your own');
    if (this.all + bytes > this.most) throw noRoom('unavailable', 'All');
    this.byTenant.set(tenant, held + bytes);
    this.all += bytes;
    response.once('close', () => {
      const left = this.byTenant.get(tenant)! - bytes;
      if (left > 0) this.byTenant.set(tenant, left);
      else this.byTenant.delete(tenant);
      this.all -= bytes;
    });
  }

  /** The most that may come, where nothing says how much it will be. What is too large is refused by its reader. */
  private bytesOf({ headers }: Request): number {
    const declared = headers['content-encoding'] === undefined ? Number(headers['content-length']) : Number.NaN;
    return declared >= 0 ? Math.min(declared, this.maxBytes) : this.maxBytes;
  }
}

function noRoom(code: 'quota-exceeded' | 'unavailable', whose: string): AppError {
  return new AppError(code, `${whose} bodies under way take as much memory as they may.`, {
    hint: 'Send it again after Retry-After, and fewer large bodies at a time, each with its Content-Length.',
    headers: { 'retry-after': '1' },
  });
}
