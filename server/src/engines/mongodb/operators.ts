/**
 * What statements may be made of: commands and their members, stages, operators. Everything else is refused, also what a
 * later server may bring. Left out on purpose: whatever runs JavaScript (`$where`, `$function`, `$accumulator`), writes
 * behind a read (`$out`, `$merge`), reads the server rather than the data (`$currentOp`, `$collStats`, `$indexStats`,
 * `$planCacheStats`, `$listSessions`, `$queryStats`, `$$USER_ROLES`), leaves the database (`$lookup` from `{db, coll}`),
 * never ends (`$changeStream`, tailable cursors) or calls another service (`$search`, `$vectorSearch`).
 */

/** How a member is checked; see `check.ts`. */
export type MemberForm =
  | 'query'
  | 'projection'
  | 'sort'
  | 'hint'
  | 'count'
  | 'flag'
  | 'name'
  | 'plain'
  | 'let'
  | 'pipeline'
  | 'cursor'
  | 'documents'
  | 'updates'
  | 'deletes'
  | 'update'
  | 'filters';

export interface CommandRule {
  readonly access: 'read' | 'write';
  readonly members: Readonly<Record<string, MemberForm>>;
  readonly required?: string;
}

export const COMMANDS: Readonly<Record<string, CommandRule>> = {
  find: {
    access: 'read',
    members: {
      filter: 'query',
      projection: 'projection',
      sort: 'sort',
      hint: 'hint',
      skip: 'count',
      limit: 'count',
      collation: 'plain',
      allowDiskUse: 'flag',
      let: 'let',
      min: 'plain',
      max: 'plain',
    },
  },
  aggregate: {
    access: 'read',
    required: 'pipeline',
    members: {
      pipeline: 'pipeline',
      cursor: 'cursor',
      hint: 'hint',
      collation: 'plain',
      allowDiskUse: 'flag',
      let: 'let',
    },
  },
  count: {
    access: 'read',
    members: { query: 'query', skip: 'count', limit: 'count', hint: 'hint', collation: 'plain' },
  },
  distinct: {
    access: 'read',
    required: 'key',
    members: { key: 'name', query: 'query', hint: 'hint', collation: 'plain' },
  },
  insert: { access: 'write', required: 'documents', members: { documents: 'documents', ordered: 'flag' } },
  update: { access: 'write', required: 'updates', members: { updates: 'updates', ordered: 'flag', let: 'let' } },
  delete: { access: 'write', required: 'deletes', members: { deletes: 'deletes', ordered: 'flag', let: 'let' } },
  findAndModify: {
    access: 'write',
    members: {
      query: 'query',
      sort: 'sort',
      remove: 'flag',
      update: 'update',
      new: 'flag',
      fields: 'projection',
      upsert: 'flag',
      collation: 'plain',
      arrayFilters: 'filters',
      hint: 'hint',
      let: 'let',
    },
  },
};

export const UPDATE_MEMBERS: Readonly<Record<string, MemberForm>> = {
  q: 'query',
  u: 'update',
  c: 'let',
  multi: 'flag',
  upsert: 'flag',
  collation: 'plain',
  arrayFilters: 'filters',
  hint: 'hint',
};

export const DELETE_MEMBERS: Readonly<Record<string, MemberForm>> = {
  q: 'query',
  limit: 'count',
  collation: 'plain',
  hint: 'hint',
};

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Operators of a condition on a field whose operand is data. */
export const CONDITIONS = words(`
  $eq $ne $gt $gte $lt $lte $in $nin $exists $type $mod $regex $options $size
  $bitsAllClear $bitsAllSet $bitsAnyClear $bitsAnySet
  $geoIntersects $geoWithin $near $nearSphere $maxDistance $minDistance`);

/** What may stand inside the operand of a geographic one. */
export const GEOMETRY = words('$geometry $maxDistance $minDistance $box $center $centerSphere $polygon');

export const TEXT_SEARCH = words('$search $language $caseSensitive $diacriticSensitive');

/** Update operators whose operand is data. `$pull` holds conditions. */
export const UPDATES = words(`
  $set $unset $inc $mul $min $max $rename $setOnInsert $currentDate $push $pullAll $addToSet $pop $bit`);

/** What may stand inside the operand of `$push`, `$addToSet`, `$currentDate`. */
export const UPDATE_MODIFIERS = words('$each $position $slice $sort $type');

/** Stages of an update written as a pipeline. */
export const UPDATE_STAGES = words('$addFields $set $project $unset $replaceRoot $replaceWith');

/** Operators and accumulators of expressions. */
export const EXPRESSIONS = words(`
  $abs $acos $acosh $add $addToSet $allElementsTrue $and $anyElementTrue $arrayElemAt $arrayToObject $asin $asinh $atan
  $atan2 $atanh $avg $binarySize $bitAnd $bitNot $bitOr $bitXor $bottom $bottomN $bsonSize $ceil $cmp $concat
  $concatArrays $cond $convert $cos $cosh $count $covariancePop $covarianceSamp $dateAdd $dateDiff $dateFromParts
  $dateFromString $dateSubtract $dateToParts $dateToString $dateTrunc $dayOfMonth $dayOfWeek $dayOfYear
  $degreesToRadians $denseRank $derivative $divide $documentNumber $eq $exp $expMovingAvg $filter $first $firstN $floor
  $getField $gt $gte $hour $ifNull $in $indexOfArray $indexOfBytes $indexOfCP $integral $isArray $isNumber $isoDayOfWeek
  $isoWeek $isoWeekYear $last $lastN $let $linearFill $literal $ln $locf $log $log10 $lt $lte $ltrim $map $max $maxN
  $median $mergeObjects $meta $millisecond $min $minN $minute $mod $month $multiply $ne $not $objectToArray $or
  $percentile $pow $push $radiansToDegrees $rand $range $rank $reduce $regexFind $regexFindAll $regexMatch $replaceAll
  $replaceOne $reverseArray $round $rtrim $second $setDifference $setEquals $setField $setIntersection $setIsSubset
  $setUnion $shift $sin $sinh $size $slice $sortArray $split $sqrt $stdDevPop $stdDevSamp $strLenBytes $strLenCP
  $strcasecmp $substr $substrBytes $substrCP $subtract $sum $switch $tan $tanh $toBool $toDate $toDecimal $toDouble $toInt
  $toLong $toLower $toObjectId $toString $toUUID $toUpper $top $topN $trim $trunc $tsIncrement $tsSecond $type
  $unsetField $week $year $zip`);

/** Variables that expressions may name; those made by `let` begin with a small letter. */
export const VARIABLES = words('ROOT CURRENT NOW REMOVE DESCEND PRUNE KEEP');
