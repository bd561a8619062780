-- Why: a payment without a communication is known by the account it came from and its amount.
ALTER TABLE customers ADD COLUMN iban text;
CREATE INDEX customers_by_iban ON customers (iban, account_sid) WHERE iban IS NOT NULL;
