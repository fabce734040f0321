// Every key the name server reads: name, type, default, range, meaning; declared once. Apache's names and defaults unless `doc` says why not.
import { bool, type ConfigOf, int, list, long, path, text } from 'nest-rocketmq/server';

export const NAMESRV_CONFIG = {
  listenPort: int({ default: 9876, max: 65_535, important: true, doc: 'TCP port; 0 picks a free one.' }),
  bindAddress: text({
    default: '127.0.0.1',
    important: true,
    pattern: /^[A-Za-z0-9_.:%-]+$/,
    expected: 'address or host name',
    maxLength: 255,
    doc: 'Address to listen on. Apache listens on 0.0.0.0; here other machines are let in only when that is written.',
  }),
  rocketmqHome: path({ default: '', doc: 'Home directory of the installation; not needed.' }),
  kvConfigPath: path({ default: '${user.home}/namesrv/kvConfig.json', important: true, doc: 'File of the KV configuration.' }),
  configStorePath: path({ default: '${user.home}/namesrv/namesrv.properties', doc: 'File an update of the configuration is written to.' }),
  scanNotActiveBrokerInterval: long({
    default: 5000,
    min: 1,
    max: 3_600_000,
    unit: 'ms',
    important: true,
    doc: 'How often brokers are checked for expiry; the first time after 5 s.',
  }),
  serverChannelMaxIdleTimeSeconds: int({ default: 120, min: 1, unit: 's', doc: 'A connection without traffic for so long is closed.' }),
  orderMessageEnable: bool({ default: false, hot: true, doc: 'Routes carry orderTopicConf of the namespace ORDER_TOPIC_CONFIG.' }),
  returnOrderTopicConfigToBroker: bool({ default: true, hot: true, doc: 'A registering broker gets the namespace ORDER_TOPIC_CONFIG.' }),
  enableAllTopicList: bool({ default: true, hot: true, doc: 'Answers requests for the list of all topics.' }),
  enableTopicList: bool({ default: true, hot: true, doc: 'Answers requests for topic lists by cluster, unit or system.' }),
  deleteTopicWithBrokerRegistration: bool({ default: false, hot: true, doc: 'Topics a broker no longer registers are removed.' }),
  needWaitForService: bool({ default: false, doc: 'Routes are refused for waitSecondsForService after the start.' }),
  waitSecondsForService: int({ default: 45, unit: 's', doc: 'See needWaitForService.' }),
  configBlackList: list({
    default: ['configBlackList', 'configStorePath', 'kvConfigPath'],
    doc: 'Keys a configuration update may not touch.',
  }),
  maxTopicCount: int({
    default: 200_000,
    min: 1,
    unit: 'count',
    hot: true,
    doc: 'Topics held; further ones are left out and counted. Not in Apache.',
  }),
  maxBrokerCount: int({
    default: 10_000,
    min: 1,
    unit: 'count',
    hot: true,
    doc: 'Broker addresses held; further ones are refused. Not in Apache.',
  }),
  maxKvItemCount: int({
    default: 100_000,
    min: 1,
    unit: 'count',
    hot: true,
    doc: 'KV items held; further ones are refused. Not in Apache.',
  }),
};

export type NamesrvConfig = ConfigOf<typeof NAMESRV_CONFIG>;
