/** What holds key-encryption keys: the seam for key services (AWS KMS, Vault transit). */

export interface WrappedKey {
  /** Names the key-encryption key; stored beside the wrapped key. */
  readonly kekId: string;
  readonly wrapped: Buffer;
}

export interface KeyProvider {
  /** Kept with each data key. Providers that can read each other's keys share a name. */
  readonly name: string;
  /** The id of the key that `wrap` uses now. */
  currentKeyId(): Promise<string>;
  /** Encrypts a data key under the current key, which is made first when the provider can and none exists. */
  wrap(dataKey: Buffer): Promise<WrappedKey>;
  /** Decrypts a data key. Throws VaultError that names the reason; never makes a key. */
  unwrap(kekId: string, wrapped: Buffer): Promise<Buffer>;
  /**
   * How a new key-encryption key comes about, for providers whose keys Headgate keeps itself. Both steps may be
   * repeated after an interruption at any point. Absent: the key service rotates its keys on its own.
   */
  readonly rotation?: {
    /** Makes the new key the one that `wrap` uses, or takes up the one that an interrupted rotation made. */
    begin(): Promise<void>;
    /** Every data key is wrapped by the new key now: puts the old one aside. */
    finish(): Promise<void>;
  };
}
