/** Settings of workspaces and of the protocol in which they are spoken of. */
import { boolean, integer, withDefault } from '../../platform/settings/index.ts';

export const workspaceSettings = {
  chorusEnabled: withDefault(boolean, true, 'Serves the chorus door (/api/sessions, /api/workspaces, …).'),
  chorusSessionMinutes: withDefault(
    integer(1, 525_600, 480),
    480,
    'A session of the chorus door that is not used for so long ends.',
  ),
  chorusProbeMinutes: withDefault(
    integer(0, 1440, 5),
    5,
    'Data sources made on the chorus door are asked so often whether they answer; 0 = never.',
  ),
  chorusMembersSetCredentials: withDefault(
    boolean,
    false,
    "On the chorus door plain members of a workspace may store the workspace's credentials; else its owner, owners of the data source and administrators.",
  ),
};
