-- Up Migration

-- What a receiver is sent that knows a repetition by its key: the same text each time, kept while it may have to be sent again.
ALTER TABLE alert_desk.deliveries ADD COLUMN body text;

-- Down Migration

ALTER TABLE alert_desk.deliveries DROP COLUMN body;
