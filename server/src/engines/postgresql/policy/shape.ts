/**
 * The parse nodes that a statement under a rule may be made of, with every member that they may have. What stands not
 * here is not understood, and what is not understood does not run.
 */

/** How a member is read: a list of wrapped nodes, one wrapped node, one bare node of a kind, or a plain value. */
export type MemberKind = 'nodes' | 'node' | 'value' | { readonly bare: string };

type Shape = Readonly<Record<string, MemberKind>>;

const value = 'value';
const node = 'node';
const nodes = 'nodes';
const bare = (kind: string): MemberKind => ({ bare: kind });

export const SHAPES: Readonly<Record<string, Shape>> = {
  SelectStmt: {
    distinctClause: nodes,
    targetList: nodes,
    fromClause: nodes,
    whereClause: node,
    groupClause: nodes,
    groupDistinct: value,
    havingClause: node,
    windowClause: nodes,
    valuesLists: nodes,
    sortClause: nodes,
    limitOffset: node,
    limitCount: node,
    limitOption: value,
    op: value,
    all: value,
    larg: bare('SelectStmt'),
    rarg: bare('SelectStmt'),
    withClause: bare('WithClause'),
  },
  WithClause: { ctes: nodes, recursive: value, location: value },
  CommonTableExpr: {
    ctename: value,
    aliascolnames: nodes,
    ctematerialized: value,
    ctequery: node,
    location: value,
  },
  ResTarget: { name: value, val: node, location: value },
  RangeVar: {
    schemaname: value,
    relname: value,
    inh: value,
    relpersistence: value,
    alias: bare('Alias'),
    location: value,
  },
  RangeSubselect: { lateral: value, subquery: node, alias: bare('Alias') },
  RangeFunction: { lateral: value, ordinality: value, is_rowsfrom: value, functions: nodes, alias: bare('Alias') },
  JoinExpr: {
    jointype: value,
    isNatural: value,
    larg: node,
    rarg: node,
    usingClause: nodes,
    join_using_alias: bare('Alias'),
    quals: node,
    alias: bare('Alias'),
    rtindex: value,
  },
  Alias: { aliasname: value, colnames: nodes },
  ColumnRef: { fields: nodes, location: value },
  A_Star: {},
  A_Const: { ival: value, fval: value, boolval: value, sval: value, bsval: value, isnull: value, location: value },
  ParamRef: { number: value, location: value },
  A_Expr: {
    kind: value,
    name: nodes,
    lexpr: node,
    rexpr: node,
    rexpr_list_start: value,
    rexpr_list_end: value,
    location: value,
  },
  BoolExpr: { boolop: value, args: nodes, location: value },
  NullTest: { arg: node, nulltesttype: value, argisrow: value, location: value },
  BooleanTest: { arg: node, booltesttype: value, location: value },
  CaseExpr: { arg: node, args: nodes, defresult: node, location: value },
  CaseWhen: { expr: node, result: node, location: value },
  CoalesceExpr: { args: nodes, location: value },
  MinMaxExpr: { op: value, args: nodes, location: value },
  FuncCall: {
    funcname: nodes,
    args: nodes,
    agg_order: nodes,
    agg_filter: node,
    over: bare('WindowDef'),
    agg_within_group: value,
    agg_star: value,
    agg_distinct: value,
    func_variadic: value,
    funcformat: value,
    location: value,
  },
  WindowDef: {
    name: value,
    refname: value,
    partitionClause: nodes,
    orderClause: nodes,
    frameOptions: value,
    startOffset: node,
    endOffset: node,
    location: value,
  },
  SortBy: { node: node, sortby_dir: value, sortby_nulls: value, location: value },
  SubLink: { subLinkType: value, testexpr: node, operName: nodes, subselect: node, location: value },
  TypeCast: { arg: node, typeName: bare('TypeName'), location: value },
  TypeName: { names: nodes, typmods: nodes, typemod: value, arrayBounds: nodes, location: value },
  RowExpr: { args: nodes, row_format: value, location: value },
  A_ArrayExpr: { elements: nodes, location: value, list_start: value, list_end: value },
  A_Indirection: { arg: node, indirection: nodes },
  A_Indices: { is_slice: value, lidx: node, uidx: node },
  CollateClause: { arg: node, collname: nodes, location: value },
  SQLValueFunction: { op: value, type: value, typmod: value, location: value },
  GroupingSet: { kind: value, content: nodes, location: value },
  GroupingFunc: { args: nodes, location: value },
  List: { items: nodes },
  String: { sval: value },
  Integer: { ival: value },
};

/** Names that PostgreSQL gives to columns of a result that have none, by the node they come from. */
export const IMPLIED_NAMES: Readonly<Record<string, string>> = {
  CaseExpr: 'case',
  CoalesceExpr: 'coalesce',
  A_ArrayExpr: 'array',
  RowExpr: 'row',
  GroupingFunc: 'grouping',
};
