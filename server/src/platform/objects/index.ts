/**
 * Where files lie that are no rows: a few calls, answered by a local folder or by S3-compatible storage. Locations are
 * relative, `/`-separated and made by Headgate alone.
 *
 * May be imported by domain and app; imports nothing of ours.
 */
export { FolderObjectStore } from './folder.ts';
export { openS3ObjectStore, type S3Settings } from './s3.ts';
export {
  type ObjectStore,
  ObjectStoreRefusedError,
  ObjectStoreUnavailableError,
  type ObjectUpload,
  type StoredObject,
} from './store.ts';
