/** Small dictionaries of names of persons: enough to tell a column of people from one of products. */
const latin = `
james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan joseph jessica
thomas sarah charles karen christopher lisa daniel nancy matthew betty anthony margaret mark sandra donald ashley steven
kimberly paul emily andrew donna joshua michelle kenneth carol kevin amanda brian dorothy george melissa edward deborah
ronald stephanie timothy rebecca jason sharon jeffrey laura ryan cynthia jacob kathleen gary amy nicholas angela eric
shirley jonathan anna stephen brenda larry pamela justin emma scott nicole brandon helen benjamin samantha samuel
katherine gregory christine frank debra alexander rachel patrick carolyn jack janet dennis maria jerry heather tyler
diane aaron olivia jose julie adam joyce nathan victoria henry ruth peter lauren kyle sophia carlos antonio manuel
francisco juan luis pedro miguel ana carmen lucia elena sofia isabel hans karl klaus jurgen stefan wolfgang ursula
heidi greta pierre jean marie jacques claire camille giovanni giuseppe marco luca giulia francesca chiara lars erik
anders astrid ingrid ola kari pavel ivan olga natasha dmitri sergei mehmet mustafa ayse fatma mohammed ahmed ali fatima
hassan omar amit priya raj sunita wei ming hiroshi yuki kenji sato kim lee park nguyen tran smith johnson williams
brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson anderson taylor moore jackson martin
perez thompson white harris sanchez clark ramirez lewis robinson walker young allen king wright torres hill flores
green adams nelson baker hall rivera campbell mitchell carter roberts muller schmidt schneider fischer weber meyer
wagner becker schulz hoffmann dubois durand lefebvre moreau laurent rossi russo ferrari esposito bianchi romano silva
santos oliveira souza pereira costa ferreira jensen nielsen hansen olsen larsen berg novak kowalski nowak ivanov petrov
singh kumar sharma patel gupta khan wang zhang liu chen yang huang zhao suzuki tanaka watanabe yamamoto`;

const known = new Set(latin.split(/\s+/).filter((name) => name !== ''));

/** Two to four capitalised words, one of them a common name. */
export function isLatinName(value: string): boolean {
  if (value.length > 60) return false;
  const parts = value.trim().split(/[ ,]+/);
  if (parts.length < 2 || parts.length > 4) return false;
  if (!parts.every((part) => /^\p{Lu}[\p{L}'’.-]{0,24}$/u.test(part))) return false;
  return parts.some((part) => known.has(part.toLowerCase()));
}

const surnames = new Set(
  '王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤',
);
const doubleSurnames = new Set(['欧阳', '司马', '上官', '诸葛', '东方', '皇甫', '尉迟', '公孙', '慕容', '令狐']);

/** A surname and one or two further characters. */
export function isChineseName(value: string): boolean {
  const text = value.trim();
  if (!/^\p{Script=Han}{2,4}$/u.test(text)) return false;
  if (doubleSurnames.has(text.slice(0, 2))) return text.length >= 3;
  return text.length <= 3 && surnames.has(text[0]!);
}
