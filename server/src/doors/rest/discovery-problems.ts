/** Refusals of accounts, catalogs and discovery, which carry the numbers of another protocol, as problems of this door. */
import type { SdpsError } from '../../domain/sdps/index.ts';
import type { Problem } from '../../platform/http/index.ts';

type Row = readonly [status: number, code: string, detail: string, remedy?: string];

const problems: Readonly<Record<number, Row>> = {
  1000: [409, 'changed_meanwhile', 'It has changed meanwhile.', 'Read it again and repeat the request.'],
  1005: [404, 'not_found', 'There is no such thing.'],
  1215: [
    409,
    'account_not_installed',
    'This AWS account is not installed.',
    'Name it in HEADGATE_SDPS_INSTALLED_ACCOUNTS, or use the provider jdbc-proxy.',
  ],
  1222: [409, 'account_elsewhere', 'The account is of another region than this installation.'],
  1223: [
    409,
    'account_installed',
    'The account is installed.',
    'Take it out of HEADGATE_SDPS_INSTALLED_ACCOUNTS first.',
  ],
  1224: [409, 'account_in_use', 'A discovery looks through sources of the account.', 'Stop it, or wait for its end.'],
  1258: [409, 'account_exists', 'There is an account of this id already, perhaps of another provider.'],
  1403: [409, 'identifier_exists', 'There is an identifier of this name already.'],
  1404: [409, 'identifier_in_use', 'The identifier is in the template.', 'Take it out of the template first.'],
  1510: [404, 'discovery_not_found', 'There is no such discovery job.'],
  1512: [409, 'discovery_not_running', 'The discovery job is not running.'],
  1513: [404, 'run_not_found', 'There is no such run.'],
  1514: [409, 'discovery_not_scheduled', 'The discovery job has no schedule.'],
  1515: [409, 'discovery_not_idle', 'Only the schedule of a job that waits for its time can be let rest.'],
  1516: [409, 'discovery_not_paused', 'The discovery job is not paused.'],
  1517: [409, 'discovery_running', 'The discovery job is running.', 'Stop it first.'],
  1521: [409, 'discovery_stopping', 'The discovery job is stopping already.'],
  1523: [409, 'nothing_permitted', 'You may not extract from any source of this job.'],
  1524: [409, 'nothing_to_scan', 'The job names no source that is there.'],
  1611: [409, 'label_exists', 'There is a label of this name already.'],
};

/** The problem of a refusal; an unlisted number is told by itself. */
export function sdpsProblem(error: SdpsError): Problem {
  const [status, code, detail, remedy] = problems[error.number] ?? [409, error.code, error.message];
  return { status, code, detail, ...(remedy === undefined ? {} : { remedy }) };
}
