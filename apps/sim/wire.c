#include "apps/sim/wire.h"

#include <stdio.h>
#include <string.h>

typedef struct wire_text {
    const char *family; /* NULL: no issuer */
    int8_t dir;         /* 0: either */
    uint8_t voice;
    const char *text; /* %N the company, %W when, %B a number of billions */
} wire_text;

/* clang-format off */
const as_wire_family AS_WIRE_FAMILY[] = {
    {"capex_cut", 1, {"META", "MSFT", "AMZN", "GOOGL", "ORCL"}, false},
    {"capex_raise", -1, {"META", "MSFT", "AMZN", "GOOGL", "ORCL"}, false},
    {"compute_supply_entry", 1, {"META", "MSFT", "AMZN", "GOOGL", "TSLA", "AAPL"}, false},
    {"export_control", -1, {"NVDA", "AMD", "MU", "AMAT", "LRCX", "KLAC", "ASML", "AVGO", "TER", "MRVL"}, false},
    {"model_efficiency_shock", 1, {"GOOGL", "META", "MSFT", "AMZN", "AAPL"}, true},
    {"memory_price", 0, {"MU", "SNDK", "WDC", "STX"}, false},
    {"datacenter_contract", 1,
     {"CRWV", "NBIS", "IREN", "WULF", "CIFR", "APLD", "HUT", "ORCL", "DELL", "VRT", "CEG", "VST"}, true},
    {"ai_adoption", 0, {"MSFT", "GOOGL", "META", "CRM", "NOW", "ADBE", "PLTR", "AMZN"}, false},
    {"earnings_guidance", 0,
     {"NVDA", "AMD", "AVGO", "MU", "LRCX", "KLAC", "ANET", "DELL", "VRT", "GLW", "CIEN", "TER", "ASML", "TSM", "LITE"},
     false},
};
const uint32_t AS_WIRE_FAMILY_COUNT = sizeof AS_WIRE_FAMILY / sizeof AS_WIRE_FAMILY[0];

static const wire_text texts[] = {
    {"capex_cut", 0, AS_VOICE_RUMOUR, "%N is said to cut AI capex %W, people familiar say"},
    {"capex_cut", 0, AS_VOICE_RUMOUR, "%N reportedly slows capital spending on AI %W, sources say"},
    {"capex_cut", 0, AS_VOICE_RUMOUR, "%N to slash AI infrastructure spending %W, according to people familiar"},
    {"capex_cut", 0, AS_VOICE_RUMOUR, "%N to trim capital expenditure by $%B billion, people familiar say"},
    {"capex_cut", 0, AS_VOICE_PLAIN, "%N cuts AI infrastructure spending %W"},
    {"capex_cut", 0, AS_VOICE_PLAIN, "%N trims capital expenditure %W by $%B billion"},
    {"capex_cut", 0, AS_VOICE_PLAIN, "%N slashes AI capex %W"},
    {"capex_cut", 0, AS_VOICE_PLAIN, "%N pauses data center construction in three states"},
    {"capex_cut", 0, AS_VOICE_DENIAL, "%N denies report of AI capex cut"},
    {"capex_cut", 0, AS_VOICE_DENIAL, "%N refutes story of a capital spending cut, says budget unchanged"},
    {"capex_cut", 0, AS_VOICE_CONFIRM, "%N confirms it will cut AI capex %W"},
    {"capex_cut", 0, AS_VOICE_CONFIRM, "%N says it trims capital spending %W"},
    {"capex_raise", 0, AS_VOICE_RUMOUR, "%N is said to raise AI capex %W, people familiar say"},
    {"capex_raise", 0, AS_VOICE_RUMOUR, "%N reportedly boosts capital spending on AI %W, sources say"},
    {"capex_raise", 0, AS_VOICE_RUMOUR, "%N to lift AI infrastructure spending %W, according to people familiar"},
    {"capex_raise", 0, AS_VOICE_PLAIN, "%N raises AI capex %W"},
    {"capex_raise", 0, AS_VOICE_PLAIN, "%N boosts capital spending by $%B billion %W"},
    {"capex_raise", 0, AS_VOICE_PLAIN, "%N doubles AI infrastructure budget %W"},
    {"capex_raise", 0, AS_VOICE_PLAIN, "%N hikes capital expenditure %W"},
    {"capex_raise", 0, AS_VOICE_DENIAL, "%N denies report of plan to raise AI capex"},
    {"capex_raise", 0, AS_VOICE_DENIAL, "%N denies it raises capital spending %W"},
    {"capex_raise", 0, AS_VOICE_CONFIRM, "%N confirms it will raise AI capex %W"},
    {"capex_raise", 0, AS_VOICE_CONFIRM, "%N says it boosts capital spending %W"},
    {"compute_supply_entry", 0, AS_VOICE_RUMOUR, "%N is said to sell excess AI compute to others, people familiar say"},
    {"compute_supply_entry", 0, AS_VOICE_RUMOUR, "%N reportedly rents out spare GPU capacity %W, sources say"},
    {"compute_supply_entry", 0, AS_VOICE_RUMOUR, "%N to lease surplus AI capacity %W, according to people familiar"},
    {"compute_supply_entry", 0, AS_VOICE_PLAIN, "%N sells excess AI compute to outside customers"},
    {"compute_supply_entry", 0, AS_VOICE_PLAIN, "%N leases surplus GPU capacity to third parties"},
    {"compute_supply_entry", 0, AS_VOICE_PLAIN, "%N rents out spare computing capacity %W"},
    {"compute_supply_entry", 0, AS_VOICE_DENIAL, "%N denies report of plan to sell excess AI compute"},
    {"compute_supply_entry", 0, AS_VOICE_DENIAL, "%N denies it would rent out spare GPU capacity"},
    {"compute_supply_entry", 0, AS_VOICE_CONFIRM, "%N confirms it will sell excess AI compute %W"},
    {"compute_supply_entry", 0, AS_VOICE_CONFIRM, "%N says it leases surplus AI capacity %W"},
    {"export_control", 0, AS_VOICE_RUMOUR, "%N is said to face new export curbs on China sales, people familiar say"},
    {"export_control", 0, AS_VOICE_RUMOUR, "%N reportedly told to halt shipments to China %W, sources say"},
    {"export_control", 0, AS_VOICE_RUMOUR, "%N to lose export license for China, according to people familiar"},
    {"export_control", 0, AS_VOICE_PLAIN, "%N hit by new export controls on China sales"},
    {"export_control", 0, AS_VOICE_PLAIN, "%N halts shipments to China under export restrictions %W"},
    {"export_control", 0, AS_VOICE_PLAIN, "%N loses export license for China %W"},
    {"export_control", 0, AS_VOICE_DENIAL, "%N denies report of halt in China shipments under export controls"},
    {"export_control", 0, AS_VOICE_DENIAL, "%N denies it lost its export license for China"},
    {"export_control", 0, AS_VOICE_CONFIRM, "%N confirms export controls halt its China shipments %W"},
    {"export_control", 0, AS_VOICE_CONFIRM, "%N says export restrictions stop its China sales %W"},
    {"model_efficiency_shock", 0, AS_VOICE_RUMOUR,
     "%N is said to train AI model at a fraction of the cost, people familiar say"},
    {"model_efficiency_shock", 0, AS_VOICE_RUMOUR,
     "%N reportedly built a model with a fraction of the compute, sources say"},
    {"model_efficiency_shock", 0, AS_VOICE_PLAIN, "%N model matches rivals at a fraction of the cost"},
    {"model_efficiency_shock", 0, AS_VOICE_PLAIN, "%N trains AI model with a fraction of the compute"},
    {"model_efficiency_shock", 0, AS_VOICE_PLAIN, "New %N model needs a tenth of the compute of its rivals"},
    {"model_efficiency_shock", 0, AS_VOICE_DENIAL, "%N denies report its model needs a fraction of the compute"},
    {"model_efficiency_shock", 0, AS_VOICE_DENIAL, "%N denies its model was trained at a fraction of the cost"},
    {"model_efficiency_shock", 0, AS_VOICE_CONFIRM, "%N confirms model was trained at a fraction of the cost"},
    {"model_efficiency_shock", 0, AS_VOICE_CONFIRM, "%N says its model needs a fraction of the compute"},
    {"memory_price", 1, AS_VOICE_RUMOUR, "%N is said to raise DRAM contract prices %W, people familiar say"},
    {"memory_price", 1, AS_VOICE_RUMOUR, "%N NAND prices reportedly jump %W, sources say"},
    {"memory_price", 1, AS_VOICE_PLAIN, "%N raises DRAM contract prices %W"},
    {"memory_price", 1, AS_VOICE_PLAIN, "%N lifts NAND flash prices %W"},
    {"memory_price", 1, AS_VOICE_DENIAL, "%N denies report of higher DRAM contract prices"},
    {"memory_price", 1, AS_VOICE_CONFIRM, "%N confirms it raises DRAM contract prices %W"},
    {"memory_price", -1, AS_VOICE_RUMOUR, "%N is said to see DRAM contract prices fall %W, people familiar say"},
    {"memory_price", -1, AS_VOICE_RUMOUR, "%N NAND prices reportedly drop %W, sources say"},
    {"memory_price", -1, AS_VOICE_PLAIN, "%N cuts DRAM contract prices %W"},
    {"memory_price", -1, AS_VOICE_PLAIN, "%N slashes NAND flash prices %W"},
    {"memory_price", -1, AS_VOICE_DENIAL, "%N denies report of drop in DRAM contract prices"},
    {"memory_price", -1, AS_VOICE_CONFIRM, "%N confirms it cuts DRAM contract prices %W"},
    {"datacenter_contract", 0, AS_VOICE_RUMOUR, "%N is said to win $%B billion AI cloud contract, people familiar say"},
    {"datacenter_contract", 0, AS_VOICE_RUMOUR, "%N reportedly wins data center lease %W, sources say"},
    {"datacenter_contract", 0, AS_VOICE_PLAIN, "%N signs $%B billion AI compute contract"},
    {"datacenter_contract", 0, AS_VOICE_PLAIN, "%N wins AI cloud deal worth $%B billion"},
    {"datacenter_contract", 0, AS_VOICE_PLAIN, "%N inks data center lease agreement %W"},
    {"datacenter_contract", 0, AS_VOICE_DENIAL, "%N denies report of AI cloud deal"},
    {"datacenter_contract", 0, AS_VOICE_DENIAL, "%N denies it won a data center lease"},
    {"datacenter_contract", 0, AS_VOICE_CONFIRM, "%N confirms AI cloud contract worth $%B billion"},
    {"datacenter_contract", 0, AS_VOICE_CONFIRM, "%N says it signed AI compute contract %W"},
    {"ai_adoption", 1, AS_VOICE_RUMOUR, "%N AI usage surges %W, people familiar say"},
    {"ai_adoption", 1, AS_VOICE_RUMOUR, "%N AI adoption accelerates %W, sources say"},
    {"ai_adoption", 1, AS_VOICE_PLAIN, "%N AI adoption accelerates %W"},
    {"ai_adoption", 1, AS_VOICE_PLAIN, "%N AI usage surges %W"},
    {"ai_adoption", 1, AS_VOICE_DENIAL, "%N denies report AI usage surges"},
    {"ai_adoption", 1, AS_VOICE_CONFIRM, "%N confirms AI usage surges %W"},
    {"ai_adoption", -1, AS_VOICE_RUMOUR, "%N AI adoption lags %W, people familiar say"},
    {"ai_adoption", -1, AS_VOICE_RUMOUR, "%N AI usage disappoints %W, sources say"},
    {"ai_adoption", -1, AS_VOICE_PLAIN, "%N AI adoption lags %W"},
    {"ai_adoption", -1, AS_VOICE_PLAIN, "%N AI usage disappoints, AI adoption lags %W"},
    {"ai_adoption", -1, AS_VOICE_DENIAL, "%N denies report AI adoption lags"},
    {"ai_adoption", -1, AS_VOICE_CONFIRM, "%N confirms AI adoption lags %W"},
    {"earnings_guidance", 1, AS_VOICE_RUMOUR, "%N reportedly raises full-year revenue forecast, sources say"},
    {"earnings_guidance", 1, AS_VOICE_PLAIN, "%N quarterly revenue beats estimates"},
    {"earnings_guidance", 1, AS_VOICE_PLAIN, "%N raises full-year revenue guidance"},
    {"earnings_guidance", 1, AS_VOICE_DENIAL, "%N denies report of plan to raise its revenue guidance"},
    {"earnings_guidance", 1, AS_VOICE_CONFIRM, "%N raises revenue guidance, confirms earlier report"},
    {"earnings_guidance", -1, AS_VOICE_RUMOUR, "%N reportedly cuts full-year revenue forecast, sources say"},
    {"earnings_guidance", -1, AS_VOICE_PLAIN, "%N quarterly revenue misses estimates"},
    {"earnings_guidance", -1, AS_VOICE_PLAIN, "%N cuts full-year revenue guidance"},
    {"earnings_guidance", -1, AS_VOICE_DENIAL, "%N denies report of plan to cut its revenue guidance"},
    {"earnings_guidance", -1, AS_VOICE_CONFIRM, "%N cuts revenue guidance, confirms earlier report"},
};

static const wire_text quiet[] = {
    {"product_launch", 0, AS_VOICE_PLAIN, "%N unveils new software tools for developers"},
    {"product_launch", 0, AS_VOICE_PLAIN, "%N launches updated service in Europe"},
    {"product_launch", 0, AS_VOICE_PLAIN, "%N introduces new hardware line %W"},
    {"analyst_rating", 0, AS_VOICE_PLAIN, "%N upgraded to buy at a broker"},
    {"analyst_rating", 0, AS_VOICE_PLAIN, "%N price target raised at a bank"},
    {"analyst_rating", 0, AS_VOICE_PLAIN, "Broker downgrades %N to neutral"},
    {"legal_regulatory", 0, AS_VOICE_PLAIN, "%N sued over patents in Texas"},
    {"legal_regulatory", 0, AS_VOICE_PLAIN, "Shareholder lawsuit against %N moves to trial"},
    {"executive_change", 0, AS_VOICE_PLAIN, "%N names new chief financial officer"},
    {"executive_change", 0, AS_VOICE_PLAIN, "%N appoints head of sales"},
    {"capital_return", 0, AS_VOICE_PLAIN, "%N declares quarterly dividend"},
    {"capital_return", 0, AS_VOICE_PLAIN, "%N adds to share buyback"},
    {"insider_13f", 0, AS_VOICE_PLAIN, "%N insider sells shares, Form 4 shows"},
    {"outage_cyber", 0, AS_VOICE_PLAIN, "%N service outage resolved after two hours"},
    {"labour", 0, AS_VOICE_PLAIN, "%N lays off staff in marketing"},
    {"price_move", 0, AS_VOICE_PLAIN, "%N shares rise in quiet trading"},
    {"price_move", 0, AS_VOICE_PLAIN, "%N stock falls with the market"},
    {"commentary", 0, AS_VOICE_PLAIN, "Is %N stock a buy now?"},
    {"commentary", 0, AS_VOICE_PLAIN, "Why I would buy the dip in %N"},
    {"commentary", 0, AS_VOICE_PLAIN, "3 reasons to own %N stock"},
    {"commentary", 0, AS_VOICE_PLAIN, "Here's what to expect from %N this week"},
    {NULL, 0, AS_VOICE_PLAIN, "Oracle of Omaha keeps his cash"},
    {NULL, 0, AS_VOICE_PLAIN, "A meta-analysis of sleep and memory finds little"},
    {NULL, 0, AS_VOICE_PLAIN, "Apple growers fear a late frost"},
    {NULL, 0, AS_VOICE_PLAIN, "Rain over the Amazon basin returns to normal"},
    {NULL, 0, AS_VOICE_PLAIN, "Fed minutes show officials split on rates"},
    {NULL, 0, AS_VOICE_PLAIN, "Oil prices settle higher before OPEC meeting"},
    {NULL, 0, AS_VOICE_PLAIN, "City council debates plan for a new bridge"},
    {NULL, 0, AS_VOICE_PLAIN, "Nebraska corn harvest ahead of last year"},
    {NULL, 0, AS_VOICE_PLAIN, "Two-micron dust clouds hospital air filters"},
};
/* clang-format on */

static const char *const when[] = {"this year",        "next year",      "this quarter",      "in the second half",
                                   "for 2026",         "next quarter",   "over two years",    "from next month",
                                   "in North America", "after a review", "for a second time", "by a tenth"};

static const char *const outlet_name[][8] = {
    [AS_OUTLET_TIER1] = {"Bloomberg", "Reuters", "Dow Jones", "Wall Street Journal", "Financial Times", "Nikkei",
                         "Associated Press", "The Information"},
    [AS_OUTLET_TIER2] = {"CNBC", "Barrons", "MarketWatch", "TechCrunch", "Business Insider", "DigiTimes", "Forbes",
                         "New York Times"},
    [AS_OUTLET_OFFICIAL] = {"PR Newswire", "Business Wire", "GlobeNewswire", "SEC", "PR Newswire", "Business Wire",
                            "AccessWire", "GlobeNewswire"},
    [AS_OUTLET_AGGREGATOR] = {"Benzinga", "Yahoo Finance", "Investopedia", "MSX", "Benzinga", "aggregator", "Gate",
                              "TechFlow"},
};

const char *as_wire_outlet(as_sim_random *random, as_outlet outlet)
{
    return outlet_name[outlet][as_sim_random_below(random, 8)];
}

const char *as_wire_name(const as_instrument *instrument)
{
    for (uint8_t i = 0; i < instrument->alias_count; i++)
        if (instrument->alias[i].alias_class != AS_ALIAS_CONTEXT)
            return instrument->alias[i].text;
    return instrument->alias_count ? instrument->alias[0].text : instrument->name;
}

static void fill(as_sim_random *random, const char *text, const char *name, char *out, size_t out_bytes)
{
    const char *time = when[as_sim_random_below(random, sizeof when / sizeof *when)];
    uint32_t billions = 2 + as_sim_random_below(random, 38);
    size_t used = 0;
    for (; *text && used + 1 < out_bytes; text++) {
        int wrote = 1;
        if (text[0] == '%' && text[1] == 'B')
            wrote = snprintf(out + used, out_bytes - used, "%u", billions);
        else if (text[0] == '%')
            wrote = snprintf(out + used, out_bytes - used, "%s", text[1] == 'N' ? name : time);
        else
            out[used] = *text;
        text += *text == '%';
        used += (size_t)wrote;
    }
    out[used < out_bytes ? used : out_bytes - 1] = 0;
}

bool as_wire_text(as_sim_random *random, const char *family, int dir, as_voice voice, const char *name, char *out,
                  size_t out_bytes)
{
    const char *fit[16];
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].voice == voice && strcmp(texts[i].family, family) == 0 &&
            (texts[i].dir == 0 || texts[i].dir == dir) && count < 16)
            fit[count++] = texts[i].text;
    if (count == 0)
        return false;
    fill(random, fit[as_sim_random_below(random, count)], name, out, out_bytes);
    return true;
}

void as_wire_unrelated(as_sim_random *random, const char *name, const char **family, char *out, size_t out_bytes)
{
    const wire_text *text = &quiet[as_sim_random_below(random, sizeof quiet / sizeof *quiet)];
    *family = text->family;
    fill(random, text->text, name, out, out_bytes);
}
