// Those who wait to be told of messages, apart from those who wait to get them: told, they come back and POP.
import { PopWaits } from './pop-waits.js';

export class NotificationWaits extends PopWaits {}
