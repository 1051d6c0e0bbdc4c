/** What there is of a SKU, in units. */
export interface StockEntry {
  readonly sku: string;
  readonly initial: number;
  readonly available: number;
}

/** An order as its stage lists it. */
export interface BookedOrder {
  readonly orderId: string;
  /** The purchase's; undefined for an order that was refused its key. */
  readonly key: string | undefined;
  readonly sku: string;
  /** Units. */
  readonly quantity: number;
  /** `confirmed` or `rejected`. */
  readonly status: string;
}

/** The stage's own sums. */
export interface StageReport {
  /** Orders. */
  readonly confirmed: number;
  readonly rejected: number;
  /** Units. */
  readonly oversold: number;
  /** SKUs that do not add up; the first of them, if there are many. */
  readonly violations: readonly string[];
}

/** All that a stage says of its sales, when nothing is under way any more. */
export interface Books {
  readonly stock: readonly StockEntry[];
  readonly orders: readonly BookedOrder[];
  /** Undefined where the stage has none. */
  readonly report: StageReport | undefined;
}
