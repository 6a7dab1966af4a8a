// The public DXLink client: both data formats, candles, depth of market, a refused token.
import WebSocket from 'ws'
import { DXLinkDepthOfMarket, DXLinkFeed, DXLinkWebSocketClient, FeedContract, FeedDataFormat } from '@dxfeed/dxlink-api'

globalThis.WebSocket = WebSocket
const told = JSON.parse(process.env.SIMULATOR)
const agent = { 'user-agent': 'dxlink-test/1.0', 'content-type': 'application/json' }
const login = await (await fetch(`${told.api_url}/oauth/token`, {
  method: 'POST', headers: agent,
  body: JSON.stringify({ grant_type: 'refresh_token', refresh_token: told.refresh_token, client_secret: told.client_secret })
})).json()
const quote = (await (await fetch(`${told.api_url}/api-quote-tokens`, {
  headers: { ...agent, authorization: `Bearer ${login.access_token}` }
})).json()).data

const pause = (ms) => new Promise((done) => setTimeout(done, ms))
async function until (holds) {
  for (let n = 0; n < 100; n++) {
    if (holds()) return true
    await pause(100)
  }
  return false
}
function connected (token) {
  const client = new DXLinkWebSocketClient()
  const states = []
  const errors = []
  client.addAuthStateChangeListener((state) => states.push(state))
  client.addErrorListener((failure) => errors.push(failure))
  client.connect(quote['dxlink-url'])
  client.setAuthToken(token)
  return { client, states, errors }
}
const result = {}
const good = connected(quote.token)
for (const format of [FeedDataFormat.FULL, FeedDataFormat.COMPACT]) {
  const events = []
  const feed = new DXLinkFeed(good.client, FeedContract.AUTO)
  feed.configure({ acceptAggregationPeriod: 0.1, acceptDataFormat: format, acceptEventFields: { Quote: ['eventSymbol', 'eventType', 'bidPrice', 'askPrice'] } })
  feed.addEventListener((batch) => events.push(...batch))
  feed.addSubscriptions({ type: 'Quote', symbol: 'SPY' }, { type: 'Trade', symbol: 'AAPL' },
    { type: 'Candle', symbol: 'SPY{=5m}', fromTime: Date.parse('2026-11-18T14:30:00Z') })
  await until(() => ['Quote', 'Trade', 'Candle'].every((type) => events.some((e) => e.eventType === type)))
  const found = events.find((e) => e.eventType === 'Quote')
  result[format] = {
    types: [...new Set(events.map((e) => e.eventType))].sort(),
    quote: found !== undefined && found.askPrice >= found.bidPrice && found.bidPrice > 0,
    candles: events.filter((e) => e.eventType === 'Candle').length
  }
  feed.removeSubscriptions({ type: 'Quote', symbol: 'SPY' })
  feed.close()
}
const depth = new DXLinkDepthOfMarket(good.client, { symbol: 'SPY', sources: ['ntv'] })
let book = null
depth.addSnapshotListener((time, bids, asks) => { book = { bids, asks } })
depth.configure({ acceptAggregationPeriod: 1, acceptDepthLimit: 5 })
await until(() => book !== null)
result.depth = book && { bids: book.bids.length, asks: book.asks.length, crossed: book.bids[0].price >= book.asks[0].price }
result.states = good.states
result.errors = good.errors.length
good.client.disconnect()

const bad = connected('no-such-token')
await until(() => bad.states.filter((state) => state === 'UNAUTHORIZED').length > 0)
await pause(300)
result.refused = { authorized: bad.states.includes('AUTHORIZED') }
bad.client.disconnect()
console.log(JSON.stringify(result))
process.exit(0)
