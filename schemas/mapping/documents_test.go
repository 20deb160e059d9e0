package mapping_test

import (
	"testing"

	"winback/schemas"
	"winback/schemas/mapping"
)

// ourTypes are the event types that the default metrics name.
var ourTypes = []string{"visit", "view", "search", "add_to_cart", "order", "session_end", "support"}

func vocabulary(tb testing.TB, categories ...string) *schemas.Vocabulary {
	tb.Helper()
	v, err := schemas.NewVocabulary(ourTypes, categories...)
	if err != nil {
		tb.Fatal(err)
	}
	return v.WithSums([]string{"order"}, []string{"session_end"}) // as the default metrics do
}

func compile(tb testing.TB, cfg mapping.Config, categories ...string) *mapping.Mapping {
	tb.Helper()
	m, err := mapping.Compile(cfg, vocabulary(tb, categories...))
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// segmentOrderCompleted is a track call with the common fields and the properties that Segment's specification lists.
const segmentOrderCompleted = `{
  "anonymousId": "23adfd82-aa0f-45a7-a756-24f2a7a4c895",
  "context": {
    "library": {"name": "analytics.js", "version": "2.11.1"},
    "page": {"path": "/checkout/done", "referrer": "", "search": "", "title": "Thank you", "url": "https://shop.example/checkout/done"},
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64) \"quoted\"",
    "ip": "198.51.100.7"
  },
  "event": "Order Completed",
  "integrations": {},
  "messageId": "ajs-f8ca1e4de5024d9430b3928bd8ac6b96",
  "properties": {
    "checkout_id": "fksdjfsdjfisjf9sdfjsd9f",
    "order_id": "50314b8e9bcf000000000000",
    "affiliation": "Example Store",
    "total": 27.50, "subtotal": 22.50, "revenue": 25.00, "shipping": 3, "tax": 2, "discount": 2.5,
    "coupon": "hasbros", "currency": "USD",
    "products": [
      {"product_id": "507f1f77bcf86cd799439011", "sku": "45790-32", "name": "Monopoly: 3rd Edition", "price": 19, "quantity": 1},
      {"product_id": "505bd76785ebb509fc183733", "sku": "46493-32", "name": "Uno Card Game", "price": 3, "quantity": 2}
    ]
  },
  "receivedAt": "2026-07-31T08:26:01.512Z",
  "sentAt": "2026-07-31T08:26:00.900Z",
  "timestamp": "2026-07-31T08:26:00.125Z",
  "type": "track",
  "userId": "AiUGstSDIg",
  "originalTimestamp": "2026-07-31T08:25:59.500Z"
}`

// cloudEvent is an event in structured mode with the attributes of CloudEvents 1.0 and an extension.
const cloudEvent = `{
  "specversion": "1.0",
  "type": "order",
  "source": "https://shop.example/orders",
  "subject": "customer-4711",
  "id": "A234-1234-1234",
  "time": "2026-07-31T10:26:00.25+02:00",
  "comexampleextension1": "value",
  "datacontenttype": "application/json",
  "data": {"order": "o-1", "amount": 2750, "currency": "EUR"}
}`
