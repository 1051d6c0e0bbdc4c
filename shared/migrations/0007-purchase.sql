-- Up Migration

CREATE SCHEMA purchase;

CREATE TABLE purchase.stock (
  sku text COLLATE "C" PRIMARY KEY CHECK (sku ~ '^[A-Za-z0-9._-]{1,64}$'),
  -- How many there are to sell in all. For each SKU: initial = available + what confirmed orders have taken.
  initial integer NOT NULL CHECK (initial >= 0),
  available integer NOT NULL CHECK (available BETWEEN 0 AND initial)
-- Half of each page is free, so that a hot row's new versions find room beside it, and no index changes (HOT).
) WITH (fillfactor = 50);

CREATE TABLE purchase.orders (
  order_id uuid PRIMARY KEY,
  -- However often a purchase is sent, its key has one order: this is the guarantee. Not of an order that was rejected for
  -- taking another's key.
  key text COLLATE "C" UNIQUE CHECK (length(key) BETWEEN 1 AND 255),
  sku text COLLATE "C" NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  customer_id text NOT NULL,
  status text NOT NULL CHECK (status IN ('confirmed', 'rejected')),
  reason text CHECK (reason IN ('out_of_stock', 'unknown_sku', 'key_reused')),
  via text NOT NULL CHECK (via IN ('sync', 'async')),
  accepted_at timestamptz NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sequence bigint GENERATED ALWAYS AS IDENTITY,
  CHECK ((status = 'rejected') = (reason IS NOT NULL)),
  CHECK ((reason IS NOT DISTINCT FROM 'key_reused') = (key IS NULL))
);
-- What has been sold of a SKU; and the list of orders.
CREATE INDEX orders_by_sku ON purchase.orders (sku) INCLUDE (quantity) WHERE status = 'confirmed';
CREATE INDEX orders_by_sequence ON purchase.orders (sequence);

-- One purchase, decided now: key, stock and order together, in the caller's statement. Whether it is the first of its key
-- decides before the stock is touched, and the stock's row, for which others wait, is taken last: it is locked for one
-- update and the commit.
CREATE FUNCTION purchase.buy(
  the_order uuid, the_key text, the_sku text, the_quantity integer, the_customer text, OUT outcome text, OUT known purchase.orders
) LANGUAGE plpgsql AS $$
DECLARE
  left_over integer;
  why text;
BEGIN
  -- The same key is being worked on: said at once, nobody waits for it.
  IF NOT pg_try_advisory_xact_lock(hashtextextended(the_key, 7)) THEN
    outcome := 'in_flight';
    RETURN;
  END IF;
  SELECT * INTO known FROM purchase.orders WHERE key = the_key;
  IF FOUND THEN
    outcome := CASE WHEN known.order_id = the_order THEN 'same' ELSE 'different' END;
    RETURN;
  END IF;
  -- What is sold out needs no lock to be told.
  SELECT available INTO left_over FROM purchase.stock WHERE sku = the_sku;
  why := CASE WHEN NOT FOUND THEN 'unknown_sku' WHEN left_over < the_quantity THEN 'out_of_stock' END;
  INSERT INTO purchase.orders (order_id, key, sku, quantity, customer_id, status, reason, via, accepted_at)
  VALUES (the_order, the_key, the_sku, the_quantity, the_customer,
          CASE WHEN why IS NULL THEN 'confirmed' ELSE 'rejected' END, why, 'sync', clock_timestamp())
  ON CONFLICT (key) DO NOTHING
  RETURNING * INTO known;
  IF NOT FOUND THEN
    -- Decided meanwhile, by way of the stream; only a statement of its own sees it.
    outcome := 'in_flight';
    RETURN;
  END IF;
  outcome := 'new';
  IF why IS NOT NULL THEN
    RETURN;
  END IF;
  UPDATE purchase.stock SET available = available - the_quantity WHERE sku = the_sku AND available >= the_quantity;
  IF NOT FOUND THEN
    -- The last were sold while this one waited for the row.
    UPDATE purchase.orders SET status = 'rejected', reason = 'out_of_stock' WHERE order_id = the_order RETURNING * INTO known;
  END IF;
END
$$;

-- A batch of purchases from the stream, decided together in the caller's statement: keys first, then the stock's rows (always
-- in one order, so that no two batches wait for each other), as far as it goes in the order of arrival: an order that is
-- too large is rejected, and a smaller one behind it may be confirmed. The position moves with the orders, and only for the partition's owner: a
-- former one changes nothing.
CREATE FUNCTION purchase.fulfil(
  order_ids uuid[], keys text[], skus text[], quantities integer[], customers text[], accepted timestamptz[],
  the_consumer text, the_epoch bigint, the_position bigint,
  OUT owned boolean, OUT decided jsonb
) LANGUAGE plpgsql AS $$
DECLARE
  one record;
  current_sku text;
  left_over integer;
  places integer[] := '{}';
  reasons text[] := '{}';
  taken_skus text[] := '{}';
  taken integer[] := '{}';
  why text;
BEGIN
  decided := '[]';
  owned := the_consumer IS NULL;
  IF NOT owned THEN
    PERFORM FROM idempotency.consumers WHERE consumer = the_consumer AND epoch = the_epoch FOR UPDATE;
    owned := FOUND;
    IF NOT owned THEN
      RETURN;
    END IF;
  END IF;
  PERFORM FROM purchase.stock WHERE sku = ANY (skus) ORDER BY sku FOR UPDATE;
  FOR one IN
    WITH incoming AS (
      SELECT * FROM unnest(order_ids, keys, skus, quantities) WITH ORDINALITY AS i (order_id, key, sku, quantity, place)
    ), first_of_order AS (
      -- A repetition, in the batch or of one that was decided before, changes nothing.
      SELECT DISTINCT ON (order_id) * FROM incoming AS i
      WHERE NOT EXISTS (SELECT FROM purchase.orders AS o WHERE o.order_id = i.order_id)
      ORDER BY order_id, place
    )
    SELECT f.place, f.sku, f.quantity, s.available,
      EXISTS (SELECT FROM purchase.orders AS o WHERE o.key = f.key)
        OR row_number() OVER (PARTITION BY f.key ORDER BY f.place) > 1 AS is_reused
    FROM first_of_order AS f LEFT JOIN purchase.stock AS s ON s.sku = f.sku
    ORDER BY f.sku, f.place
  LOOP
    IF current_sku IS DISTINCT FROM one.sku THEN
      current_sku := one.sku;
      left_over := one.available;
    END IF;
    why := CASE
      WHEN one.is_reused THEN 'key_reused'
      WHEN left_over IS NULL THEN 'unknown_sku'
      WHEN left_over < one.quantity THEN 'out_of_stock'
    END;
    IF why IS NULL THEN
      left_over := left_over - one.quantity;
      taken_skus := taken_skus || one.sku;
      taken := taken || one.quantity;
    END IF;
    places := places || one.place::integer;
    reasons := array_append(reasons, why);
  END LOOP;
  UPDATE purchase.stock AS s SET available = available - t.quantity
  FROM (SELECT sku, sum(quantity)::integer AS quantity FROM unnest(taken_skus, taken) AS u (sku, quantity) GROUP BY sku) AS t
  WHERE s.sku = t.sku;
  WITH stored AS (
    INSERT INTO purchase.orders (order_id, key, sku, quantity, customer_id, status, reason, via, accepted_at)
    SELECT order_ids[p.place], CASE WHEN p.reason = 'key_reused' THEN NULL ELSE keys[p.place] END, skus[p.place],
      quantities[p.place], customers[p.place], CASE WHEN p.reason IS NULL THEN 'confirmed' ELSE 'rejected' END, p.reason,
      'async', accepted[p.place]
    FROM unnest(places, reasons) AS p (place, reason) ORDER BY p.place
    RETURNING order_id, status, reason, accepted_at, decided_at
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object(
      'orderId', order_id, 'status', status, 'reason', reason,
      'afterMs', extract(epoch FROM decided_at - accepted_at) * 1000)), '[]')
  INTO decided FROM stored;
  IF the_consumer IS NOT NULL AND the_position IS NOT NULL THEN
    UPDATE idempotency.consumers SET position = greatest(position, the_position) WHERE consumer = the_consumer;
  END IF;
END
$$;

-- What a sale looks like without a guard: no check, no key. Only for the comparison (HEARTLINE_PURCHASE_NAIVE).
CREATE TABLE purchase.naive_stock (
  sku text COLLATE "C" PRIMARY KEY,
  initial integer NOT NULL,
  available integer NOT NULL
);
CREATE TABLE purchase.naive_orders (
  order_id uuid PRIMARY KEY,
  key text COLLATE "C" NOT NULL,
  sku text COLLATE "C" NOT NULL,
  quantity integer NOT NULL,
  customer_id text NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sequence bigint GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX naive_orders_by_sku ON purchase.naive_orders (sku);
CREATE INDEX naive_orders_by_sequence ON purchase.naive_orders (sequence);

-- Down Migration

DROP SCHEMA purchase CASCADE;
