/** Passwords: hashing, checking, and the short memory of successful checks (decisions.md 24). */
import type { IdentityDeps } from './deps.ts';

/** Cost of an argon2id hash. */
export interface PasswordCost {
  /** KiB. */
  readonly memoryCost: number;
  /** Passes. */
  readonly timeCost: number;
  readonly parallelism: number;
}

export class Passwords {
  constructor(_deps: IdentityDeps) {}
}
