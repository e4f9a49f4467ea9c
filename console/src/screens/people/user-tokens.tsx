/** The tokens of somebody else: those of service accounts are made here, those of persons are only revoked. */
import type { User } from '@headgate/client';
import { headgate } from '../../api/client.ts';
import { TokenList } from './token-list.tsx';

export function UserTokens({ user: { username, kind }, mayModify }: { user: User; mayModify: boolean }) {
  const params = { username };
  return (
    <TokenList
      of={username}
      load={({ signal }) => headgate.call('listUserTokens', { params, signal })}
      create={(body) => headgate.call('createUserToken', { params, body })}
      revoke={(id) => headgate.call('revokeUserToken', { params: { ...params, id } })}
      mayCreate={mayModify && kind === 'service'}
      mayRevoke={mayModify}
      hint={kind === 'service' ? 'What the program signs in with.' : 'Persons make their own tokens.'}
    />
  );
}
