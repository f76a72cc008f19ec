/** Every operation that is spoken, with the class in which B2 bills it (its price list of transactions). */
const BILLING_CLASSES = {
  b2_authorize_account: 'C',
  b2_cancel_large_file: 'A',
  b2_copy_file: 'C',
  b2_copy_part: 'C',
  b2_create_bucket: 'C',
  b2_delete_bucket: 'A',
  b2_delete_file_version: 'A',
  b2_download_file_by_id: 'B',
  b2_download_file_by_name: 'B',
  b2_finish_large_file: 'A',
  b2_get_download_authorization: 'C',
  b2_get_file_info: 'B',
  b2_get_upload_part_url: 'A',
  b2_get_upload_url: 'A',
  b2_hide_file: 'A',
  b2_list_buckets: 'C',
  b2_list_file_names: 'C',
  b2_list_file_versions: 'C',
  b2_list_parts: 'C',
  b2_list_unfinished_large_files: 'C',
  b2_start_large_file: 'A',
  b2_update_bucket: 'C',
  b2_upload_file: 'A',
  b2_upload_part: 'A',
} as const;

export type OperationName = keyof typeof BILLING_CLASSES;

export const isOperation = (name: string): name is OperationName => Object.hasOwn(BILLING_CLASSES, name);

/** Calls since the start, by billing class and by operation; what failed counts too. */
export interface CallCounts {
  A: number;
  B: number;
  C: number;
  byOperation: Partial<Record<OperationName, number>>;
}

/** Counts calls as they arrive. */
export class CallCounter {
  readonly #counts: CallCounts = { A: 0, B: 0, C: 0, byOperation: {} };

  count(operation: OperationName): void {
    this.#counts[BILLING_CLASSES[operation]] += 1;
    this.#counts.byOperation[operation] = (this.#counts.byOperation[operation] ?? 0) + 1;
  }

  /** A copy. */
  counts(): CallCounts {
    return structuredClone(this.#counts);
  }
}
