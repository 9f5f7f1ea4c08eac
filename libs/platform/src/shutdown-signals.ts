import { ShutdownSignal } from '@nestjs/common';

/**
 * What ends a process in good order. Named, because the framework's default would also catch faults such as SIGSEGV:
 * a process that handles its own fault runs into it again for ever instead of dying.
 */
export const SHUTDOWN_SIGNALS = [ShutdownSignal.SIGTERM, ShutdownSignal.SIGINT, ShutdownSignal.SIGHUP];
