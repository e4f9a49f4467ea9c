/** Reading a data source as clients write it (dataarts.md §4.0): kinds and lengths; rules come with the domain. */
import type { FastifyRequest } from 'fastify';
import {
  type ConnectionType,
  type ConnectionWrite,
  connectionTypes,
  invalidParameter,
  secretOfParameter,
} from '../../domain/insight/index.ts';
import {
  booleanOf,
  choiceOf,
  integerOf,
  listOf,
  type Members,
  objectOf,
  readObject,
  requiredText,
  textOf,
} from './body.ts';

export const connectionMembers = [
  'name',
  'type',
  'source',
  'database_name',
  'config',
  'description',
  'host',
  'port',
  'server_list',
  'user_name',
  'password',
  'region_id',
  'cluster',
];

const typeNames = Object.keys(connectionTypes) as ConnectionType[]; // the keys of the table

/** A kind of source, in any case. */
export function typeOf(value: unknown): ConnectionType | undefined {
  return choiceOf(value, 'type', typeNames);
}

const sourcesKnown = ['rds', 'dws', 'mrs', 'gaussdb', 'public', 'restapi', 'dli', 'endpoint-service'] as const;
const requestTypes = [
  'String',
  'Long',
  'Decimal',
  'List<String>',
  'List<Long>',
  'List<Decimal>',
  'DateTime',
  'Bool',
  'PageIndex',
  'PageNum',
] as const;
const responseTypes = ['String', 'Long', 'Decimal', 'DateTime', 'Bool'] as const;
const mostInt = 2_147_483_647;

type Json = Record<string, unknown>;

/** What is said, by name; undefined members are left out. */
function said(members: Json): Json {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function must<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw invalidParameter(name);
  return value;
}

/** An empty text is as good as none. */
function word(members: Members, name: string, most: number, path = name): string | undefined {
  return textOf(members[name], path, most) || undefined;
}

function requestParameter(value: unknown, path: string, secrets: Record<string, string>): Json {
  const members = must(objectOf(value, path), path);
  const at = (name: string): string => `${path}.${name}`;
  const parameter = {
    location: requiredText(members.location, at('location'), 100),
    param_name: requiredText(members.param_name, at('param_name'), 500),
    field_type: must(choiceOf(members.field_type, at('field_type'), requestTypes), at('field_type')),
    param_source: must(
      choiceOf(members.param_source, at('param_source'), ['custom', 'user', 'userGroup']),
      at('param_source'),
    ),
    type: must(booleanOf(members.type, at('type')), at('type')),
    ...said({
      alias_name: textOf(members.alias_name, at('alias_name'), 128),
      tag_id: textOf(members.tag_id, at('tag_id'), 128),
    }),
  };
  if (parameter.param_source === 'user' && !('tag_id' in parameter)) throw invalidParameter(at('tag_id'));
  const values = must(listOf(members.value, at('value'), 100), at('value')).map((one, index) =>
    must(textOf(one, `${at('value')}[${index}]`, 1000), at('value')),
  );
  if (!parameter.type) return { ...parameter, value: values };
  // `type` says that the values are secret: they are kept apart, and none sent keeps what is stored.
  if (values.length > 0) secrets[secretOfParameter(parameter)] = JSON.stringify(values);
  return parameter;
}

function responseParameter(value: unknown, path: string): Json {
  const members = must(objectOf(value, path), path);
  const at = (name: string): string => `${path}.${name}`;
  return {
    param_name: requiredText(members.param_name, at('param_name'), 32),
    alias_name: requiredText(members.alias_name, at('alias_name'), 512),
    field_type: must(choiceOf(members.field_type, at('field_type'), responseTypes), at('field_type')),
    ...said({
      select: booleanOf(members.select, at('select')),
      json_path: textOf(members.json_path, at('json_path'), 512),
    }),
  };
}

function readConfig(config: Members): { config: Json; secrets: Record<string, string> } {
  const secrets: Record<string, string> = {};
  const at = (name: string): string => `config.${name}`;
  const text = (name: string, most: number): string | undefined => word(config, name, most, at(name));
  for (const [name, most] of [
    ['ds_sk', 500],
    ['token_value', 2000],
  ] as const) {
    const secret = text(name, most);
    if (secret !== undefined) secrets[name] = secret;
  }
  const parameters = listOf(config.request_params, at('request_params'), 1000);
  const answers = listOf(config.resp_param, at('resp_param'), 1000);
  return {
    secrets,
    config: said({
      ssl: booleanOf(config.ssl, at('ssl')),
      region_id: text('region_id', 20),
      connect_type: choiceOf(config.connect_type, at('connect_type'), ['default', 'other']),
      ds_project_id: text('ds_project_id', 100),
      queue_name: text('queue_name', 200),
      auth_type: choiceOf(config.auth_type, at('auth_type'), ['AKSK', 'TOKEN', 'NO_AUTH']),
      ds_ak: text('ds_ak', 500),
      time_out: integerOf(config.time_out, at('time_out'), 0, mostInt),
      protocol: text('protocol', 50),
      token_key: text('token_key', 10_000),
      request_url: text('request_url', 1000),
      request_method: choiceOf(config.request_method, at('request_method'), ['GET', 'POST']),
      request_params: parameters?.map((one, index) =>
        requestParameter(one, `${at('request_params')}[${index}]`, secrets),
      ),
      resp_param: answers?.map((one, index) => responseParameter(one, `${at('resp_param')}[${index}]`)),
    }),
  };
}

/** The whole body of a create or an update. Throws InvalidError with the parameter's name. */
export function readConnection(request: FastifyRequest): ConnectionWrite {
  const body = readObject(request);
  const config = readConfig(must(objectOf(body.config, 'config'), 'config'));
  return {
    name: requiredText(body.name, 'name', 255),
    type: must(typeOf(body.type), 'type'),
    source: must(choiceOf(body.source, 'source', sourcesKnown), 'source'),
    databaseName: word(body, 'database_name', 512),
    description: textOf(body.description, 'description', 128),
    host: word(body, 'host', 512),
    port: integerOf(body.port, 'port', 1, 65_535),
    serverList: word(body, 'server_list', 512),
    username: word(body, 'user_name', 64),
    password: word(body, 'password', 500),
    regionId: word(body, 'region_id', 36),
    clusterId: word(objectOf(body.cluster, 'cluster') ?? {}, 'id', 100, 'cluster.id'),
    config: config.config as ConnectionWrite['config'], // texts, numbers, booleans, and lists and objects of them
    secrets: config.secrets,
  };
}
