/** Where catalogs are kept. It decides no right: callers authorise before. */
import type { Store } from '../../platform/database/index.ts';
import type { Page, PageRequest } from '../paging.ts';
import type { CatalogFilter, CatalogInfo, CatalogTable } from './model.ts';

export class CatalogStore {
  constructor(_deps: { store: Store }) {}
  /** Replaces the whole catalog at once, or not at all when `tables` rejects. */
  replace(_sourceId: number, _settingsVersion: number, _tables: AsyncIterable<CatalogTable>): Promise<CatalogInfo> {
    throw new Error('not built yet');
  }
  read(_sourceId: number, _filter: CatalogFilter, _page: PageRequest): Promise<Page<CatalogTable>> {
    throw new Error('not built yet');
  }
  /** Null when it was never read. */
  info(_sourceId: number): Promise<CatalogInfo | null> {
    throw new Error('not built yet');
  }
}
