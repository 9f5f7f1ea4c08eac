import type { Request, Response } from 'express';
import { AppError } from '#platform';
import type { WithPrincipal } from './tenant.js';

/** Scenarios grow to some ten times of what they are gzipped; what grows more counts so until it is read. */
const MOST_GROWTH = 100;

/** Bytes of the bodies that are held at once, of everybody and of a tenant: from before they are read until they are answered. */
export class BodyBudget {
  private readonly byTenant = new Map<string, number>();
  private all = 0;

  constructor(
    private readonly maxBytes: number,
    private readonly most = Math.max(64 * 1024 * 1024, 4 * maxBytes),
  ) {}

  /**
   * Counts a body until its answer is sent or its client has gone. AppError where there is no room for it. What it returns takes the
   * bytes that have come, and counts those from then on.
   */
  hold(request: Request & WithPrincipal, response: Response): (bytes: number) => void {
    // Its client went while its key was looked up: nothing would tell that it is over.
    if (response.closed) return () => {};
    const tenant = request.principal?.tenant ?? '';
    let counted = this.bytesOf(request);
    if (this.of(tenant) + counted > this.most / 2) throw noRoom('quota-exceeded', 'Your own');
    if (this.all + counted > this.most) throw noRoom('unavailable', 'All');
    this.add(tenant, counted);
    response.once('close', () => this.add(tenant, -counted));
    return (bytes) => {
      if (response.closed) return;
      this.add(tenant, bytes - counted);
      counted = bytes;
    };
  }

  private of(tenant: string): number {
    return this.byTenant.get(tenant) ?? 0;
  }

  private add(tenant: string, bytes: number): void {
    const now = this.of(tenant) + bytes;
    if (now > 0) this.byTenant.set(tenant, now);
    else this.byTenant.delete(tenant);
    this.all += bytes;
  }

  /** The most that may come, where nothing says how much it will be. What is too large is refused by its reader. */
  private bytesOf({ headers }: Request): number {
    const growth = headers['content-encoding'] === undefined ? 1 : MOST_GROWTH;
    const declared = Number(headers['content-length']) * growth;
    return declared >= 0 ? Math.min(declared, this.maxBytes) : this.maxBytes;
  }
}

function noRoom(code: 'quota-exceeded' | 'unavailable', whose: string): AppError {
  return new AppError(code, `${whose} bodies under way take as much memory as they may.`, {
    hint: 'Send it again after Retry-After, and fewer large bodies at a time, each with its Content-Length.',
    headers: { 'retry-after': '1' },
  });
}
