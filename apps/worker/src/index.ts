/** The door of the worker, for the process that is API and worker in one. */
export { WorkerModule } from './worker.module.js';
