/** The values asked for last, as they are made: who asks meanwhile waits for the same. Insertion order is the order of use. */
export class Recent<Value> {
  private readonly values = new Map<string, Promise<Value>>();

  constructor(private readonly size: number) {}

  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const value = this.values.get(key) ?? this.made(key, make);
    this.values.delete(key);
    this.values.set(key, value);
    if (this.values.size > this.size) this.values.delete(this.values.keys().next().value!);
    return value;
  }

  /** What fails is tried again by the next who asks. */
  private made(key: string, make: () => Promise<Value>): Promise<Value> {
    const value = make();
    value.catch(() => {
      if (this.values.get(key) === value) this.values.delete(key);
    });
    return value;
  }
}
