/** How the process ends: first it says so, then it finishes what it can, and at last it goes whatever is left. */
import { Logger, type OnModuleDestroy, ShutdownSignal } from '@nestjs/common';

/**
 * What ends a process in good order. Named, because the framework's default would also catch faults such as SIGSEGV:
 * a process that handles its own fault runs into it again for ever instead of dying.
 */
export const SHUTDOWN_SIGNALS = [ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT, ShutdownSignal.SIGHUP];

/** Beyond draining, all that is done at the end takes less; the usual 30 s before a SIGKILL are not used up. */
const LONGEST_END_MS = 20_000;

/**
 * The end as the rest of the process hears of it. Before anything is closed comes `drainMs`, in which everything is
 * answered as before and only readiness says no, so that load balancers send elsewhere first.
 */
export class Shutdown implements OnModuleDestroy {
  private readonly drained = new AbortController();
  private hasBegun = false;

  constructor(private readonly drainMs: number) {}

  /** The process ends soon: do not send it anything more. */
  get begun(): boolean {
    return this.hasBegun;
  }

  /** Aborts when nobody is to be kept waiting any more. */
  get signal(): AbortSignal {
    return this.drained.signal;
  }

  /** The framework's first hook at the end. */
  async onModuleDestroy(): Promise<void> {
    this.hasBegun = true;
    if (this.drainMs > 0) await new Promise((resolve) => setTimeout(resolve, this.drainMs));
    this.drained.abort();
  }
}

/** Where something hangs, the process ends all the same: rows that it holds are taken when their lease runs out. */
export function endInTime(drainMs: number): void {
  const onSignal = () => {
    setTimeout(() => {
      new Logger('Shutdown').error(`The end took longer than ${LONGEST_END_MS} ms; what is left is given up.`);
      process.exit(1);
    }, drainMs + LONGEST_END_MS).unref();
  };
  for (const signal of SHUTDOWN_SIGNALS) process.once(signal, onSignal);
}
