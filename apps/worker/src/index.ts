/** The door of the worker, for the process that is API and worker in one. */
export { SimulationProcessor } from './simulation.processor.js';
export { WorkerModule } from './worker.module.js';
