/** A way to a tool that is not open here: no network, no such file, no compiler. Another way may be. */
export class WayClosed extends Error {
  override readonly name = 'WayClosed';
}

/** A file that is not what its makers published. Nothing else may be tried: somebody may be meddling. */
export class Tampered extends Error {
  override readonly name = 'Tampered';
}
