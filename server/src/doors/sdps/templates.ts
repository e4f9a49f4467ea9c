/** Identifiers and the template (sdps.md §3.4). */
import type { IdentifierInput } from '../../domain/discovery/index.ts';
import { invalid, refusal, unforeseen } from '../../domain/sdps/index.ts';
import { element, listOf, optional, type Parsed, required, sure } from './fields.ts';
import { type Routes, readBody } from './routes.ts';
import type { SdpsServices } from './services.ts';
import { queryBody, queryCondition } from './shapes.ts';

const root = '/template';
const id = { id: required.integer };
const identifier = {
  name: optional.text(255),
  description: optional.text(1024),
  type: optional.integer,
  classification: optional.integer,
  privacy: optional.integer,
  rule: optional.text(1024),
  header_keywords: optional.text(4096),
  exclude_keywords: optional.text(4096),
  max_distance: optional.integer,
  min_occurrence: optional.integer,
  props: optional.list(element.integer),
};

/** A JSON array as text; '' and null are none. */
function keywordsOf(text: string | null): readonly string[] | null {
  if (text === null || text === '') return null;
  try {
    return listOf(element.text)(JSON.parse(text));
  } catch {
    throw unforeseen();
  }
}

function inputOf(body: Parsed<typeof identifier>): IdentifierInput {
  if (body.name === null || body.name === '') throw unforeseen();
  const props = body.props ?? [];
  if (body.type === 1 && body.rule === '') throw refusal(1408);
  return {
    name: body.name,
    description: body.description,
    classification: small(body.classification),
    privacy: small(body.privacy),
    rule: body.rule,
    header_keywords: keywordsOf(body.header_keywords),
    exclude_keywords: keywordsOf(body.exclude_keywords),
    max_distance: bounded(body.max_distance),
    min_occurrence: bounded(body.min_occurrence),
    props,
  };
}

function bounded(value: number | null, most = 2_000_000_000): number | null {
  if (value !== null && Math.abs(value) > most) throw unforeseen();
  return value;
}
const small = (value: number | null): number | null => bounded(value, 30_000);

export function registerTemplates(routes: Routes, { templates }: SdpsServices): void {
  routes.add(
    { method: 'POST', path: `${root}/list-identifiers`, id: 'listIdentifiers', body: queryBody },
    ({ principal, body, request }) => templates.list(principal, queryCondition(body, readBody(request))),
  );
  routes.add(
    { method: 'GET', path: `${root}/identifiers/:id`, id: 'getIdentifier', params: id },
    ({ principal, path }) => templates.get(principal, sure(path.id)),
  );
  routes.add(
    { method: 'POST', path: `${root}/identifiers`, id: 'createIdentifier', writes: true, body: identifier },
    ({ principal, body }) => templates.create(principal, inputOf(body)),
  );
  routes.add(
    {
      method: 'PATCH',
      path: `${root}/identifiers/:id`,
      id: 'updateIdentifier',
      writes: true,
      params: id,
      body: identifier,
    },
    ({ principal, path, body }) => templates.update(principal, sure(path.id), inputOf(body)),
  );
  routes.add(
    { method: 'DELETE', path: `${root}/identifiers/:id`, id: 'deleteIdentifier', writes: true, params: id },
    ({ principal, path }) => templates.remove(principal, sure(path.id)),
  );
  registerMappings(routes, templates);
  registerProperties(routes, templates);
}

function registerMappings(routes: Routes, templates: SdpsServices['templates']): void {
  routes.add({ method: 'GET', path: `${root}/:id`, id: 'getTemplate', params: id }, ({ principal }) =>
    templates.template(principal),
  );
  routes.add(
    { method: 'POST', path: `${root}/list-template-mappings`, id: 'listMappings', body: queryBody },
    ({ principal, body, request }) => templates.mappings(principal, queryCondition(body, readBody(request))),
  );
  routes.add(
    {
      method: 'POST',
      path: `${root}/template-mappings`,
      id: 'addMappings',
      writes: true,
      body: { template_id: required.integer, identifier_ids: required.list(element.integer), status: optional.integer },
    },
    ({ principal, body }) =>
      templates.addToTemplate(principal, sure(body.template_id), sure(body.identifier_ids), body.status === 0 ? 0 : 1),
  );
  routes.add(
    {
      method: 'PATCH',
      path: `${root}/template-mappings/:id`,
      id: 'setMapping',
      writes: true,
      params: id,
      body: { template_id: optional.integer, status: required.integer },
    },
    ({ principal, path, body }) => templates.setMapping(principal, sure(path.id), body.status === 0 ? 0 : 1),
  );
  routes.add(
    {
      method: 'POST',
      path: `${root}/template-mappings/remove`,
      id: 'removeMappings',
      writes: true,
      body: {},
      rawBody: true,
    },
    ({ principal, request }) => {
      const body = readBody(request);
      if (body === undefined || body === null) throw invalid(['body=>field required']);
      if (!Array.isArray(body)) throw invalid(['body=>value is not a valid list']);
      return templates.removeMappings(principal, listOf(element.integer)(body));
    },
  );
  routes.add(
    { method: 'GET', path: `${root}/list-identifiers-by-template/:id`, id: 'identifiersOfTemplate', params: id },
    ({ principal, path }) => (path.id === 1 ? templates.identifierIds(principal) : []),
  );
  routes.add(
    { method: 'GET', path: `${root}/template-time/:id`, id: 'templateTime', params: id },
    async ({ principal, path }) => {
      if (path.id !== 1) throw unforeseen();
      return (await templates.template(principal)).snapshot_no;
    },
  );
}

function registerProperties(routes: Routes, templates: SdpsServices['templates']): void {
  routes.add(
    { method: 'GET', path: `${root}/list-props-by-type/:id`, id: 'listProperties', params: id },
    ({ principal, path }) => templates.properties(principal, sure(path.id)),
  );
  const body = { prop_name: required.text(255), prop_type: required.integer };
  routes.add({ method: 'POST', path: `${root}/props`, id: 'createProperty', writes: true, body }, async (call) => {
    const [name, type] = [sure(call.body.prop_name), sure(small(call.body.prop_type))];
    await templates.addProperty(call.principal, name, type);
    return { prop_name: name, prop_type: type };
  });
  routes.add(
    {
      method: 'PATCH',
      path: `${root}/props/:id`,
      id: 'updateProperty',
      writes: true,
      params: id,
      body: { prop_name: required.text(255), prop_type: optional.integer },
    },
    async ({ principal, path, body: changed }) => {
      await templates.changeProperty(principal, sure(path.id), sure(changed.prop_name));
      return { prop_name: null, prop_type: null }; // as the original answers
    },
  );
  routes.add(
    { method: 'DELETE', path: `${root}/props/:id`, id: 'deleteProperty', writes: true, params: id },
    ({ principal, path }) => templates.changeProperty(principal, sure(path.id), null),
  );
}
