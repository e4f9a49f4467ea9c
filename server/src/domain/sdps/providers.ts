/** Providers, their regions and kinds of resource (sdps.md §4.3, §4.6, Appendix B). Fixed. */

export interface ProviderInfo {
  readonly id: number;
  /** What the native API calls it. */
  readonly word: string;
  readonly name: string;
  readonly resources: readonly string[];
}

export const providers: readonly ProviderInfo[] = [
  { id: 1, word: 'aws', name: 'AWS Cloud', resources: ['S3', 'RDS', 'GlueData', 'CustomJDBC'] },
  { id: 2, word: 'tencent', name: 'Tencent Cloud', resources: ['CustomJDBC'] },
  { id: 3, word: 'google', name: 'Google Cloud', resources: ['CustomJDBC'] },
  { id: 4, word: 'jdbc-proxy', name: 'JDBC Proxy', resources: [] },
];

export const Provider = { aws: 1, tencent: 2, google: 3, jdbcProxy: 4 } as const;

/** Where sources that were made elsewhere appear (decisions.md 10). */
export const homeContainer = { provider: Provider.jdbcProxy, account: 'headgate', region: 'local' } as const;

/** `AWS CLOUD`; any other number counts as AWS. */
export function providerWord(id: number): string {
  return (providers.find((provider) => provider.id === id) ?? providers[0]!).name.toUpperCase();
}

/** `tencent`; any other number counts as AWS. */
export function providerName(id: number): string {
  return (providers.find((provider) => provider.id === id) ?? providers[0]!).word;
}

/** The number of a word; undefined when there is none. */
export function providerNumber(word: string): number | undefined {
  return providers.find((provider) => provider.word === word)?.id;
}

/** The type of databases reached by JDBC: `jdbc_aws`, …; any other number counts as AWS. */
export function databaseTypeOf(provider: number): string {
  return ({ 2: 'jdbc_tencent', 3: 'jdbc_google', 4: 'jdbc_proxy' } as Record<number, string>)[provider] ?? 'jdbc_aws';
}

/** The provider of a database type; null when it is no type of JDBC. */
export function providerOfType(type: string): number | null {
  return { jdbc_aws: 1, jdbc: 1, jdbc_tencent: 2, jdbc_google: 3, jdbc_proxy: 4 }[type] ?? null;
}

const aws =
  'us-east-1 us-east-2 us-west-1 us-west-2 ap-east-1 ap-south-1 ap-northeast-3 ap-northeast-2 ap-southeast-1 ap-southeast-2 ap-northeast-1 ca-central-1 eu-central-1 eu-west-1 eu-west-2 eu-south-1 eu-west-3 eu-north-1 me-south-1 sa-east-1 cn-north-1 cn-northwest-1 af-south-1 ap-south-2 ap-southeast-3 ap-southeast-4 eu-south-2 eu-central-2 il-central-1 me-central-1';
const tencent =
  'ap-guangzhou-1 ap-guangzhou-2 ap-guangzhou-3 ap-guangzhou-4 ap-guangzhou-6 ap-guangzhou-7 ap-shanghai-1 ap-shanghai-2 ap-shanghai-3 ap-shanghai-4 ap-shanghai-5 ap-shanghai-8 ap-nanjing-1 ap-nanjing-2 ap-nanjing-3 ap-beijing-1 ap-beijing-2 ap-beijing-3 ap-beijing-4 ap-beijing-5 ap-beijing-6 ap-beijing-7 ap-chengdu-1 ap-chengdu-2 ap-chongqing-1 ap-hongkong-1 ap-hongkong-2 ap-hongkong-3 ap-singapore-1 ap-singapore-2 ap-singapore-3 ap-singapore-4 ap-jakarta-1 ap-jakarta-2 ap-seoul-1 ap-seoul-2 ap-tokyo-1 ap-tokyo-2 ap-mumbai-1 ap-mumbai-2 ap-bangkok-1 ap-bangkok-2 na-toronto-1 sa-saopaulo-1 na-siliconvalley-1 na-siliconvalley-2 na-ashburn-1 na-ashburn-2 eu-frankfurt-1 eu-frankfurt-2';
const google =
  'asia-east1 asia-east2 asia-northeast1 asia-northeast2 asia-northeast3 asia-south1 asia-south2 asia-southeast1 asia-southeast2 australia-southeast1 australia-southeast2 europe-central2 europe-north1 europe-southwest1 europe-west1 europe-west10 europe-west12 europe-west2 europe-west3 europe-west4 europe-west6 europe-west8 europe-west9 me-central1 me-central2 me-west1 northamerica-northeast1 northamerica-northeast2 southamerica-east1 us-central1 us-east1 us-east4 us-east5 us-south1 us-west1 us-west2 us-west3 us-west4';

export interface RegionInfo {
  readonly id: number;
  readonly name: string;
  readonly provider: number;
}

const listed: readonly (readonly [provider: number, names: string])[] = [
  [1, aws],
  [2, tencent],
  [3, google],
  [4, aws],
];

export const regions: readonly RegionInfo[] = listed
  .flatMap(([provider, names]) => names.split(' ').map((name) => ({ name, provider })))
  .map((region, index) => ({ ...region, id: index + 1 }));
