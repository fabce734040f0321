export { DELIVERY_CHANNEL, SEND_CHANNEL, tracedDelivery, tracedSend } from './channels.js';
