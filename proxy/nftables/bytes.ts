export {
  addressBytes,
  indexBytes,
  nextBytes,
  portBytes,
  protocolBytes,
  rangeBytes,
} from '../../native/nftables.ts';
