/** The caller's own tokens. */
import { headgate } from '../../api/client.ts';
import { TokenList } from './token-list.tsx';

export default function Tokens() {
  return (
    <TokenList
      of="me"
      load={({ signal }) => headgate.call('listTokens', { signal })}
      create={(body) => headgate.call('createToken', { body })}
      revoke={(id) => headgate.call('revokeToken', { params: { id } })}
      mayCreate
      mayRevoke
      hint="Your programs sign in with these, as you, or with less than you may. For something that outlives you make a service account."
    />
  );
}
