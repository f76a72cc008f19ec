/** Custom search attributes (all Keyword; SQLite allows ten) by which the Web UI and `fts` find runs. */
export const SearchAttribute = {
  estate: 'FtsEstate',
  job: 'FtsJob',
  kind: 'FtsKind',
  host: 'FtsHost',
  outcome: 'FtsOutcome',
} as const;
