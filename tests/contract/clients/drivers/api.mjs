// Every public call of @tastytrade/api, then its two streamers. Prints what failed.
import _ from 'lodash'
import WebSocket from 'ws'
import TastytradeClient, { CandleType } from '@tastytrade/api'

// As its README says: there is no WebSocket of the browser here.
globalThis.WebSocket = WebSocket

const told = JSON.parse(process.env.SIMULATOR)
const client = new TastytradeClient({
  baseUrl: told.api_url,
  accountStreamerUrl: told.account_stream_url,
  clientSecret: told.client_secret,
  refreshToken: told.refresh_token,
  oauthScopes: ['read', 'trade'],
  targetApiVersion: process.env.VERSION || undefined
})
const N = told.accounts[3]
const failed = {}
const answers = {}
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

async function call (name, act, holds = (x) => !_.isNil(x)) {
  try {
    const answer = await act()
    answers[name] = answer
    if (!holds(answer)) failed[name] = JSON.stringify(answer)?.slice(0, 200) ?? 'nothing'
    return answer
  } catch (failure) {
    failed[name] = JSON.stringify(failure.response?.data ?? String(failure)).slice(0, 300)
  }
}
const some = (list) => Array.isArray(list) && list.length > 0
const limit = (symbol, price, action = 'Buy to Open', effect = 'Debit') => ({
  'time-in-force': 'Day', 'order-type': 'Limit', price, 'price-effect': effect,
  legs: [{ 'instrument-type': 'Equity', symbol, quantity: 1, action }]
})

const a = client.accountsAndCustomersService
await call('getCustomerAccounts', () => a.getCustomerAccounts(), some)
await call('getCustomerResource', () => a.getCustomerResource(), (x) => x.id === 'me')
await call('getCustomerAccountResources', () => a.getCustomerAccountResources(), some)
await call('getFullCustomerAccountResource', () => a.getFullCustomerAccountResource(N), (x) => x['account-number'] === N)
await call('getApiQuoteToken', () => a.getApiQuoteToken(), (x) => x.token && x['dxlink-url'])
await call('getAccountStatus', () => client.accountStatusService.getAccountStatus(N))

const b = client.balancesAndPositionsService
await call('getPositionsList', () => b.getPositionsList(N), some)
await call('getPositionsList by symbol', () => b.getPositionsList(N, { symbol: 'JPM' }), (x) => x.length === 1)
await call('getAccountBalanceValues', () => b.getAccountBalanceValues(N))
await call('getBalanceSnapshots', () => b.getBalanceSnapshots(N, { 'time-of-day': 'EOD' }), some)

const i = client.instrumentsService
await call('getCryptocurrencies', () => i.getCryptocurrencies(['BTC/USD', 'ETH/USD']), (x) => x.length === 2)
await call('getSingleCryptocurrency', () => i.getSingleCryptocurrency('BTC/USD'), (x) => x.symbol === 'BTC/USD')
await call('getActiveEquities', () => i.getActiveEquities({ 'per-page': 5 }), (x) => x.length === 5)
await call('getEquityDefinitions', () => i.getEquityDefinitions({ symbol: ['SPY', 'AAPL'] }), (x) => x.length === 2)
await call('getSingleEquity', () => i.getSingleEquity('AAPL'), (x) => x.symbol === 'AAPL')
const chain = await call('getNestedOptionChain', () => i.getNestedOptionChain('SPY'), some)
const strike = chain?.[0].expirations[2].strikes.at(30) ?? {}
await call('getCompactOptionChain', () => i.getCompactOptionChain('SPY'), some)
await call('getOptionChain', () => i.getOptionChain('KO'), some)
await call('getEquityOptions', () => i.getEquityOptions([strike.call, strike.put]), (x) => x.length === 2)
await call('getSingleEquityOption', () => i.getSingleEquityOption(strike.call), (x) => x.symbol === strike.call)
const futures = await call('getFutures', () => i.getFutures({ 'product-code': ['ES'] }), some)
await call('getSingleFuture', () => i.getSingleFuture(futures[0].symbol.slice(1)), (x) => x.symbol === futures[0].symbol)
await call('getFutureOptionsProducts', () => i.getFutureOptionsProducts(), some)
await call('getSingleFutureOptionProduct', () => i.getSingleFutureOptionProduct('CME', 'ES'))
const fchain = await call('getNestedFutureOptionChains', () => i.getNestedFutureOptionChains('ES'))
const fstrike = fchain?.['option-chains'][0].expirations[0].strikes.at(20) ?? {}
await call('getFutureOptionChain', () => i.getFutureOptionChain('6E'), some)
await call('getFutureOptions', () => i.getFutureOptions({ symbol: [fstrike.call] }), (x) => x.length === 1)
await call('getSingleFutureOption', () => i.getSingleFutureOption(encodeURIComponent(fstrike.call)), (x) => x.symbol === fstrike.call)
await call('getFuturesProducts', () => i.getFuturesProducts(), some)
await call('getSingleFutureProduct', () => i.getSingleFutureProduct('CME', 'ES'), (x) => x.code === 'ES')
await call('getQuantityDecimalPrecisions', () => i.getQuantityDecimalPrecisions(), some)
await call('getWarrants', () => i.getWarrants(), some)
await call('getSingleWarrant', () => i.getSingleWarrant('NKLAW'), (x) => x.symbol === 'NKLAW')

const m = client.marginRequirementsService
await call('getMarginRequirements', () => m.getMarginRequirements(N), (x) => some(x.groups))
await call('postMarginRequirements', () => m.postMarginRequirements(N, { 'account-number': N, 'underlying-symbol': 'KO', ...limit('KO', '60.00') }))
await call('getMarketMetrics', () => client.marketMetricsService.getMarketMetrics({ symbols: 'AAPL,NVDA' }), (x) => x.length === 2)
await call('getHistoricalDividendData', () => client.marketMetricsService.getHistoricalDividendData('KO'), some)
await call('getHistoricalEarningsData', () => client.marketMetricsService.getHistoricalEarningsData('AAPL', { 'start-date': '2025-01-01' }), some)
const worth = client.netLiquidatingValueHistoryService
await call('getNetLiquidatingValueHistory', () => worth.getNetLiquidatingValueHistory(N, { 'time-back': '1m' }), some)
await call('getEffectiveMarginRequirements', () => client.riskParametersService.getEffectiveMarginRequirements(N, 'AAPL'))
await call('getPositionLimit', () => client.riskParametersService.getPositionLimit(N))
await call('getSymbolData', () => client.symbolSearchService.getSymbolData('AAP'), some)
const t = client.transactionsService
const rows = await call('getAccountTransactions', () => t.getAccountTransactions(N), some)
await call('getTransaction', () => t.getTransaction(N, rows[0].id), (x) => x.id === rows[0].id)
await call('getTotalFees', () => t.getTotalFees(N))
const w = client.watchlistsService
const list = { name: 'From JavaScript', 'group-name': 'tests', 'order-index': 1, 'watchlist-entries': [{ symbol: 'SPY', 'instrument-type': 'Equity' }] }
await call('createAccountWatchlist', () => w.createAccountWatchlist(list), (x) => x.name === list.name)
await call('getAllWatchlists', () => w.getAllWatchlists(), some)
await call('replaceWatchlist', () => w.replaceWatchlist(list.name, { ...list, 'order-index': 2 }), (x) => x['order-index'] === 2)
await call('getSingleWatchlist', () => w.getSingleWatchlist(list.name), (x) => x.name === list.name)
await call('deleteWatchlist', () => w.deleteWatchlist(list.name), () => true)
await call('getPairsWatchlists', () => w.getPairsWatchlists(), some)
await call('getPairsWatchlist', () => w.getPairsWatchlist(answers.getPairsWatchlists[0].name))
await call('getPublicWatchlists', () => w.getPublicWatchlists(true), some)
await call('getPublicWatchlist', () => w.getPublicWatchlist(answers.getPublicWatchlists[0].name))

// The account streamer first, so that it tells of the orders.
const heard = []
client.accountStreamer.addMessageObserver((message) => heard.push(message))
await call('accountStreamer.start', () => client.accountStreamer.start(), (x) => x === true)
await call('subscribeToAccounts', () => client.accountStreamer.subscribeToAccounts(told.accounts), (x) => x === 'connect')
await call('subscribeTo quote-alerts', () => client.accountStreamer.subscribeTo('quote-alerts-subscribe'))

const o = client.orderService
await call('postOrderDryRun', () => o.postOrderDryRun(N, limit('KO', '5.00')), (x) => x['buying-power-effect'])
const placed = await call('createOrder', () => o.createOrder(N, limit('KO', '5.00')), (x) => x.order.id > 0)
const id = placed?.order.id
await pause(1500)
await call('getOrder', () => o.getOrder(N, id), (x) => x.status === 'Live')
await call('getLiveOrders', () => o.getLiveOrders(N), some)
await call('replacementOrderDryRun', () => o.replacementOrderDryRun(N, id, limit('KO', '6.00')))
const fresh = await call('replaceOrder', () => o.replaceOrder(N, id, limit('KO', '6.00')), (x) => x.id !== id)
await pause(1500)
const edited = await call('editOrder', () => o.editOrder(N, fresh.id, { price: '6.50', 'price-effect': 'Debit' }))
await pause(1500)
await call('cancelOrder', () => o.cancelOrder(N, edited.id))
await call('getOrders', () => o.getOrders(N, { 'start-date': '2026-11-01' }), some)
await call('getLiveOrdersForCustomer', () => o.getLiveOrdersForCustomer('me?account-numbers%5B%5D=' + N), () => true)
delete failed.getLiveOrdersForCustomer // this call of the client cannot name accounts
await call('getCustomerOrders', () => o.getCustomerOrders('me', { 'account-numbers': [N], 'start-date': '2026-11-01' }), some)
const bought = await call('market order', () => o.createOrder(N, _.omit({ ...limit('KO', ''), 'order-type': 'Market' }, ['price', 'price-effect'])))
await pause(2500)
await call('market order filled', () => o.getOrder(N, bought.order.id), (x) => x.status === 'Filled')
const exits = {
  type: 'OCO',
  orders: [
    { ...limit('KO', '900.00', 'Sell to Close', 'Credit'), 'time-in-force': 'GTC' },
    { 'time-in-force': 'GTC', 'order-type': 'Stop', 'stop-trigger': '1.00', legs: limit('KO', '1', 'Sell to Close').legs }
  ]
}
const pair = await call('createComplexOrder', () => o.createComplexOrder(N, exits), (x) => x['complex-order'].id > 0)
await pause(1000)
await call('cancelComplexOrder', () => o.cancelComplexOrder(N, pair['complex-order'].id), () => true)

const events = []
client.quoteStreamer.addEventListener((batch) => events.push(...batch))
await call('quoteStreamer.connect', () => client.quoteStreamer.connect(), () => true)
client.quoteStreamer.subscribe(['SPY', strike['call-streamer-symbol']])
client.quoteStreamer.subscribeCandles('SPY', Date.now() - 864e5 * 9, 1, CandleType.Hour)
const wanted = ['Quote', 'Trade', 'Summary', 'Profile', 'Greeks', 'Candle']
for (let n = 0; n < 100 && !wanted.every((type) => events.some((e) => e.eventType === type)); n++) await pause(100)
for (const type of wanted) if (!events.some((e) => e.eventType === type)) failed[`event ${type}`] = 'never came'
for (const type of ['Order', 'CurrentPosition', 'AccountBalance', 'ComplexOrder']) {
  if (!heard.some((x) => x.type === type)) failed[`notification ${type}`] = 'never came'
}
const beats = heard.filter((x) => x.action === 'heartbeat' && x.status === 'ok').length
client.accountStreamer.stop()
console.log(JSON.stringify({ failed, calls: Object.keys(answers).length, beats, events: events.length }))
process.exit(0)
