-- Names of tokens that no sums have any more. Tokens of a month end with it.
delete from names
where since < :before
