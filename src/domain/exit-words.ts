/** How a program ended, for people; without a code it was a signal. */
export const endOf = (exitCode: number | null | undefined): string =>
  typeof exitCode === 'number' ? `ended with exit code ${String(exitCode)}` : 'was killed';
