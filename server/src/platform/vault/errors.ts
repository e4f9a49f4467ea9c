/** Errors of the vault. None of them ever quotes a key or a secret. */

/** Why the vault cannot be opened. */
export type VaultErrorReason =
  | 'key_missing'
  | 'key_malformed'
  | 'key_wrong'
  | 'key_readable_by_others'
  | 'data_keys_lost'
  | 'no_new_key';

/** The vault's key is missing, malformed or another one: Headgate does not start. The message says what to do. */
export class VaultError extends Error {
  readonly code = 'vault_refused';
  readonly reason: VaultErrorReason;
  constructor(reason: VaultErrorReason, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'VaultError';
    this.reason = reason;
  }
}

/** One stored secret cannot be decrypted: it was changed, belongs to another row, or its data key is unknown. */
export class SecretUnreadableError extends Error {
  readonly code = 'secret_unreadable';
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'SecretUnreadableError';
  }
}
