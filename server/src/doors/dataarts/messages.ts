/** What error codes say to clients that ask for Chinese (`X-Language: zh-cn`, dataarts.md §2.2). */
export const inChinese: Readonly<Record<string, string>> = {
  'DataArtsInsight.20010003': '没有权限执行此操作',
  'DataArtsInsight.24010000': '内部错误',
  'DataArtsInsight.24010001': '请求参数无效',
  'DataArtsInsight.24010003': '资源不存在',
  'DataArtsInsight.24010043': '没有该资源的协作权限',
  'DataArtsInsight.24150000': '工作空间名称无效',
  'DataArtsInsight.24150001': '工作空间名称已被使用',
  'DataArtsInsight.24150002': '默认工作空间不能删除',
  'DataArtsInsight.24150003': '工作空间数量已达上限',
  'DataArtsInsight.24150004': '工作空间状态异常',
  'DataArtsInsight.24150005': '工作空间不存在',
};
