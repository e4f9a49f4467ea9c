/** Copy-ready ways to reach a source through Headgate. `token` stands where the secret belongs. */
export interface Snippet {
  readonly id: string;
  readonly label: string;
  readonly text: string;
}

export function snippetsOf(origin: string, source: string, token: string): readonly Snippet[] {
  const address = `${origin}/api/v1/sources/${encodeURIComponent(source)}/query`;
  return [
    {
      id: 'curl',
      label: 'cURL',
      text: `curl '${address}' \\
  --header 'Authorization: Bearer ${token}' \\
  --json '{"sql":"select 1"}'`,
    },
    {
      id: 'python',
      label: 'Python',
      text: `import requests

answer = requests.post(
    '${address}',
    headers={'Authorization': 'Bearer ${token}'},
    json={'sql': 'select 1', 'format': 'json'},
)
answer.raise_for_status()
print(answer.json())`,
    },
    {
      id: 'typescript',
      label: 'TypeScript',
      text: `import { HeadgateClient } from '@headgate/client';

const headgate = new HeadgateClient({ baseUrl: '${origin}', token: '${token}' });
const result = await headgate.query('${source}', { sql: 'select 1' });
for await (const row of result) console.log(row);`,
    },
    {
      id: 'cli',
      label: 'Command line',
      text: `HEADGATE_SERVER='${origin}' HEADGATE_TOKEN='${token}' \\
  headgate source query ${source} 'select 1'`,
    },
  ];
}
