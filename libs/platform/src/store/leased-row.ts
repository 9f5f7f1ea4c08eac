/** The columns that every table of jobs has. `status`: `queued`, `running`, then whatever its kind ends with. */
export interface LeasedRow {
  id: string;
  status: string;
  createdAtMs: number;
  /** How many times a worker has taken it. */
  attempt: number;
  leaseToken: string | null;
  leaseUntilMs: number | null;
  cancelRequested: boolean;
}
