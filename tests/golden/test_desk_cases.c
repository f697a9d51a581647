#include "tests/support/desk_fixture.h"

/*
 * Headlines of the project's own writing, read and judged by a person: families that the labelled set has few or none
 * of, words that only look like a company, and the ways wires write (capitals, Unicode, cashtags, possessives). An
 * event of NULL and a cue of AST_ANY are not what the row is about.
 */
enum { AST_ANY = -1 };

typedef struct ast_case {
    const char *text, *issuers, *event;
    int cue; /* as_cue or AST_ANY */
} ast_case;

/* clang-format off */
static const ast_case ast_families[] = {
    {"xAI weighs renting out idle GPUs", "", "compute_supply_entry", AS_CUE_RUMOUR},
    {"OpenAI in talks to lease spare computing capacity to rivals", "", "compute_supply_entry", AS_CUE_RUMOUR},
    {"Microsoft looks to offload surplus GPU capacity", "MSFT", "compute_supply_entry", AS_CUE_RUMOUR},
    {"Amazon to sublet unused data center space to AI startups",
     "AMZN", "compute_supply_entry", AS_CUE_CONFIRMED},
    {"Alphabet offers its idle TPUs to outside customers", "GOOGL", "compute_supply_entry", AS_CUE_CONFIRMED},
    {"Tesla to sell leftover Dojo compute to third parties", "TSLA", "compute_supply_entry", AS_CUE_CONFIRMED},
    {"CoreWeave resells excess GPU hours, sources say", "CRWV", "compute_supply_entry", AS_CUE_RUMOUR},
    {"Oracle has too much AI capacity, will rent it out", "ORCL", "compute_supply_entry", AS_CUE_CONFIRMED},
    {"Google opens its TPU clusters to outside buyers as own demand falls short",
     "GOOGL", "compute_supply_entry", AS_CUE_CONFIRMED},
    {"Meta to become seller of computing power", "META", "compute_supply_entry", AS_CUE_CONFIRMED},
    {"Microsoft puts excess AI capacity on the market", "MSFT", "compute_supply_entry", AS_CUE_CONFIRMED},
    {"Apple considers renting out spare server capacity", "AAPL", "compute_supply_entry", AS_CUE_RUMOUR},
    {"Nvidia denies report it rents out idle GPUs", "NVDA", "compute_supply_entry", AS_CUE_DENIED},
    {"Meta denies report it will sell excess AI compute", "META", "compute_supply_entry", AS_CUE_DENIED},
    {"Amazon says no plans to sell excess AI capacity", "AMZN", "compute_supply_entry", AS_CUE_DENIED},
    {"Microsoft says it has no plans to lease out spare GPUs", "MSFT", "compute_supply_entry", AS_CUE_DENIED},
    {"Meta spokesman calls report of compute sale false", "META", NULL, AS_CUE_DENIED},
    {"Nvidia denies report it plans to buy stake in Intel", "NVDA,INTC", "m_and_a", AS_CUE_DENIED},
    {"Apple denies it is in talks to buy Netflix", "AAPL,NFLX", "m_and_a", AS_CUE_DENIED},
    {"Intel says report of foundry sale is inaccurate", "INTC", NULL, AS_CUE_DENIED},
    {"TSMC rejects claim it will run Intel fabs", "TSM,INTC", NULL, AS_CUE_DENIED},
    {"Samsung dismisses speculation about HBM delays", "005930.KS", NULL, AS_CUE_DENIED},
    {"Broadcom says it is not in talks with Intel", "AVGO,INTC", NULL, AS_CUE_DENIED},
    {"DRAM contract prices fall 12% in third quarter", "", "memory_price", AS_CUE_CONFIRMED},
    {"NAND spot prices jump 9% as makers cut output", "", "memory_price", AS_CUE_CONFIRMED},
    {"HBM prices seen rising next year, TrendForce says", "", "memory_price", AS_CUE_CONFIRMED},
    {"Memory chip prices to drop further, Samsung warns", "005930.KS", "memory_price", AS_CUE_CONFIRMED},
    {"Micron hikes memory prices by up to 20%", "MU", "memory_price", AS_CUE_CONFIRMED},
    {"DDR4 prices double in a month", "", "memory_price", AS_CUE_CONFIRMED},
    {"Chinese lab trains frontier model for $6 million", "", "model_efficiency_shock", AS_CUE_CONFIRMED},
    {"New open-source model matches GPT-4 at a tenth of the cost",
     "", "model_efficiency_shock", AS_CUE_CONFIRMED},
    {"DeepSeek's new model needs far fewer chips, rattling Nvidia",
     "NVDA", "model_efficiency_shock", AS_CUE_CONFIRMED},
    {"Moonshot AI releases model that rivals Claude at lower cost",
     "", "model_efficiency_shock", AS_CUE_CONFIRMED},
    {"Start-up says its model runs without GPUs", "", "model_efficiency_shock", AS_CUE_CONFIRMED},
    {"Alibaba's Qwen matches OpenAI with fraction of compute", "", "model_efficiency_shock", AS_CUE_CONFIRMED},
    {"Apple raises dividend, adds $110 billion to buyback", "AAPL", "capital_return", AS_CUE_CONFIRMED},
    {"Alphabet declares first-ever dividend", "GOOGL", "capital_return", AS_CUE_CONFIRMED},
    {"Nvidia sets 10-for-1 stock split", "NVDA", "capital_return", AS_CUE_CONFIRMED},
    {"Broadcom board authorizes $10 billion share repurchase program",
     "AVGO", "capital_return", AS_CUE_CONFIRMED},
    {"Intel suspends dividend", "INTC", "capital_return", AS_CUE_CONFIRMED},
    {"Micron boosts quarterly payout 10%", "MU", "capital_return", AS_CUE_CONFIRMED},
    {"US tightens curbs on AI chip exports to China", "", "export_control", AS_CUE_CONFIRMED},
    {"Commerce Department adds Chinese chipmakers to entity list", "", "export_control", AS_CUE_CONFIRMED},
    {"Nvidia says US requires licence for H20 sales to China", "NVDA", "export_control", AS_CUE_CONFIRMED},
    {"Washington lifts ban on chip sales to Saudi Arabia", "", "export_control", AS_CUE_CONFIRMED},
    {"Netherlands restricts ASML servicing of Chinese fabs", "ASML", "export_control", AS_CUE_CONFIRMED},
    {"AMD expects $800 million hit from export rules", "AMD", "export_control", AS_CUE_CONFIRMED},
    {"White House revokes TSMC's China waiver", "TSM", "export_control", AS_CUE_CONFIRMED},
    {"Microsoft scraps plans for Ohio data centers", "MSFT", "capex_cut", AS_CUE_CONFIRMED},
    {"Meta lowers capex guidance for 2026", "META", "capex_cut", AS_CUE_CONFIRMED},
    {"Amazon freezes spending on new data centers", "AMZN", "capex_cut", AS_CUE_CONFIRMED},
    {"Intel delays Ohio fab to 2030", "INTC", "capex_cut", AS_CUE_CONFIRMED},
    {"Alphabet cuts 2026 capital expenditures by $10 billion", "GOOGL", "capex_cut", AS_CUE_CONFIRMED},
    {"Google slows AI infrastructure buildout", "GOOGL", "capex_cut", AS_CUE_CONFIRMED},
    {"Microsoft walks away from data center leases, TD Cowen says", "MSFT", "capex_cut", AS_CUE_CONFIRMED},
    {"Meta lifts 2026 capex outlook to as much as $145 billion", "META", "capex_raise", AS_CUE_CONFIRMED},
    {"Alphabet boosts capital spending plan to $185 billion", "GOOGL", "capex_raise", AS_CUE_CONFIRMED},
    {"Amazon plans $150 billion for data centers", "AMZN", "capex_raise", AS_CUE_CONFIRMED},
    {"Microsoft to spend $80 billion on AI data centers", "MSFT", "capex_raise", AS_CUE_CONFIRMED},
    {"TSMC raises capital budget", "TSM", "capex_raise", AS_CUE_CONFIRMED},
    {"Micron to build $100 billion New York fab", "MU", "capex_raise", AS_CUE_CONFIRMED},
    {"CoreWeave signs $14 billion compute deal with Meta",
     "CRWV,META", "datacenter_contract", AS_CUE_CONFIRMED},
    {"Nebius to supply Microsoft with GPU capacity worth $17.4 billion",
     "NBIS,MSFT", "datacenter_contract", AS_CUE_CONFIRMED},
    {"TeraWulf lands 10-year hosting lease with Fluidstack", "WULF", "datacenter_contract", AS_CUE_CONFIRMED},
    {"Applied Digital signs second lease with CoreWeave", "APLD,CRWV", "datacenter_contract", AS_CUE_CONFIRMED},
    {"Cipher Mining wins AI hosting contract from Amazon",
     "CIFR,AMZN", "datacenter_contract", AS_CUE_CONFIRMED},
    {"Constellation to power Meta data center with nuclear plant",
     "CEG,META", "datacenter_contract", AS_CUE_CONFIRMED},
    {"OpenAI picks Broadcom for custom chips", "AVGO", "datacenter_contract", AS_CUE_CONFIRMED},
    {"Anthropic to use a million Google TPUs", "GOOGL", "datacenter_contract", AS_CUE_CONFIRMED},
    {"Vistra signs 20-year nuclear power agreement with Amazon",
     "VST,AMZN", "datacenter_contract", AS_CUE_CONFIRMED},
    {"CoreWeave said to weigh sale of surplus GPU time", "CRWV", "compute_supply_entry", AS_CUE_RUMOUR},
    {"Meta to rent spare GPU clusters to startups, people familiar say",
     "META", "compute_supply_entry", AS_CUE_RUMOUR},
    {"Report: Microsoft may sell spare AI capacity", "MSFT", "compute_supply_entry", AS_CUE_RUMOUR},
    {"Tesla denies it is looking to rent out idle compute", "TSLA", "compute_supply_entry", AS_CUE_DENIED},
    {"Nvidia says it has no plan to slow H20 output", "NVDA", "export_control", AS_CUE_DENIED},
    {"Alphabet is not planning capex cut, CFO says", "GOOGL", "capex_cut", AS_CUE_DENIED},
    {"HBM glut feared as Samsung ramps output", "005930.KS", "memory_price", AS_CUE_CONFIRMED},
    {"Micron says DRAM shortage to last through 2027", "MU", "memory_price", AS_CUE_CONFIRMED},
    {"China bans Micron chips in key infrastructure", "MU", "export_control", AS_CUE_CONFIRMED},
    {"US approves H200 sales to China", "", "export_control", AS_CUE_CONFIRMED},
    {"Dell announces $10 billion buyback", "DELL", "capital_return", AS_CUE_CONFIRMED},
    {"Qualcomm hikes dividend 5%", "QCOM", "capital_return", AS_CUE_CONFIRMED},
    {"Amazon signs $38 billion compute contract with OpenAI", "AMZN", "datacenter_contract", AS_CUE_CONFIRMED},
    {"Oracle wins $300 billion cloud contract from OpenAI", "ORCL", "datacenter_contract", AS_CUE_CONFIRMED},
};

static const ast_case ast_senses[] = {
    {"Goldman lifts Nvidia target price to $200", "NVDA", "analyst_rating", AS_CUE_OPINION},
    {"Price Target Cut at Apple", "AAPL", NULL, AS_CUE_OPINION},
    {"Apple growers fear late frost", "", NULL, AS_CUE_CONFIRMED},
    {"Apple's iPhone sales beat estimates", "AAPL", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Road block on Fifth Avenue cleared", "", NULL, AS_CUE_CONFIRMED},
    {"Snow falls in Chicago", "", NULL, AS_CUE_CONFIRMED},
    {"SNOW jumps 12% after results", "SNOW", NULL, AS_CUE_CONFIRMED},
    {"Heavy Snow Grounds Flights at O'Hare", "", NULL, AS_CUE_CONFIRMED},
    {"Visa rules tightened for students", "", NULL, AS_CUE_CONFIRMED},
    {"Shell company fraud uncovered", "", NULL, AS_CUE_CONFIRMED},
    {"Gap between rich and poor widens", "", NULL, AS_CUE_CONFIRMED},
    {"Ford the river before dusk, guide says", "", NULL, AS_CUE_CONFIRMED},
    {"Meta description tags still matter for SEO", "", NULL, AS_CUE_CONFIRMED},
    {"Meta-analysis of 40 trials finds no benefit", "", NULL, AS_CUE_CONFIRMED},
    {"Meta’s cloud chief quits", "META", "executive_change", AS_CUE_CONFIRMED},
    {"META PLANS TO SELL EXCESS AI COMPUTE", "META", "compute_supply_entry", AS_CUE_RUMOUR},
    {"NVIDIA SHARES FALL 5% PREMARKET", "NVDA", "price_move", AS_CUE_CONFIRMED},
    {"*NVIDIA CEO HUANG SELLS SHARES", "NVDA", "insider_13f", AS_CUE_CONFIRMED},
    {"APPLE TO BUY STARTUP, SOURCES SAY", "AAPL", NULL, AS_CUE_RUMOUR},
    {"ORACLE OF OMAHA TRIMS STAKES", "", NULL, AST_ANY},
    {"INTEL TO CUT 15,000 JOBS", "INTC", "labour", AS_CUE_CONFIRMED},
    {"INTEL OFFICIALS WARN OF CYBER THREAT", "", NULL, AS_CUE_DEVELOPING},
    {"Intel on troop movements reaches Congress", "", NULL, AS_CUE_CONFIRMED},
    {"Intel on Monday said it will cut jobs", "INTC", "labour", AS_CUE_CONFIRMED},
    {"Intel officials warn of cyber threat", "", NULL, AST_ANY},
    {"US intel chief resigns", "", NULL, AS_CUE_CONFIRMED},
    {"Arm raises royalty rates", "ARM", NULL, AS_CUE_CONFIRMED},
    {"A shot in the arm for chipmakers", "", NULL, AS_CUE_CONFIRMED},
    {"Lending arm of the bank posts loss", "", NULL, AS_CUE_CONFIRMED},
    {"Arm wrestling returns to ESPN", "", NULL, AS_CUE_CONFIRMED},
    {"Microsoft's cloud arm grows 30%", "MSFT", NULL, AS_CUE_CONFIRMED},
    {"“Meta” to sell compute — Bloomberg", "META", "compute_supply_entry", AST_ANY},
    {"Nvidia–AMD rivalry heats up", "NVDA,AMD", NULL, AS_CUE_CONFIRMED},
    {"$NVDA $AMD pop premarket", "NVDA,AMD", NULL, AS_CUE_CONFIRMED},
    {"Chip maker (NVDA) beats estimates", "NVDA", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Cloud giant (NASDAQ: META) trims staff", "META", "labour", AS_CUE_CONFIRMED},
    {"Company (NYSE: ORCL) signs lease", "ORCL", NULL, AS_CUE_CONFIRMED},
    {"Amazon rainforest deforestation falls 30%", "", NULL, AS_CUE_CONFIRMED},
    {"Fires rage across the Amazon", "", NULL, AS_CUE_CONFIRMED},
    {"Amazon tribe wins court case", "", NULL, AS_CUE_CONFIRMED},
    {"Oracle Park hosts Giants opener", "", NULL, AS_CUE_CONFIRMED},
    {"Oracle Red Bull driver wins in Monaco", "", NULL, AS_CUE_CONFIRMED},
    {"Blockchain oracle network hacked", "", "outage_cyber", AS_CUE_CONFIRMED},
    {"Oracle to build data center in Texas", "ORCL", "capex_raise", AS_CUE_CONFIRMED},
    {"Constellation Orion seen at dusk", "", NULL, AS_CUE_CONFIRMED},
    {"Constellation to restart reactor", "CEG", NULL, AS_CUE_CONFIRMED},
    {"Corning lifts outlook on optical demand", "GLW", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Coherent strategy needed, senators say", "", NULL, AS_CUE_CONFIRMED},
    {"Coherent jumps after earnings", "COHR", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Cipher cracked by amateur sleuths", "", NULL, AS_CUE_CONFIRMED},
    {"Credo of the new central banker", "", NULL, AS_CUE_CONFIRMED},
    {"Credo shares surge 20% on AI demand", "CRDO", "price_move", AS_CUE_CONFIRMED},
    {"Snowflake raises product revenue outlook", "SNOW", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Every snowflake is unique, scientists say", "", NULL, AS_CUE_CONFIRMED},
    {"Lam soars on memory orders", "LRCX", "price_move", AS_CUE_CONFIRMED},
    {"Micron-thin coatings win prize", "", NULL, AS_CUE_CONFIRMED},
    {"Micron's HBM sold out through 2026", "MU", NULL, AS_CUE_CONFIRMED},
    {"Dell and HPE slide on server margins", "DELL,HPE", NULL, AS_CUE_CONFIRMED},
    {"Hut 8 signs AI lease", "HUT", "datacenter_contract", AS_CUE_CONFIRMED},
    {"Hut in the woods sells for $8 million", "", NULL, AS_CUE_CONFIRMED},
    {"Core scientific principles taught in schools", "", NULL, AS_CUE_CONFIRMED},
    {"Apple and Google face EU fines", "AAPL,GOOGL", "legal_regulatory", AS_CUE_CONFIRMED},
    {"apple and google face eu fines", "AAPL,GOOGL", "legal_regulatory", AS_CUE_CONFIRMED},
    {"Facebook parent Meta fined by EU", "META", "legal_regulatory", AS_CUE_CONFIRMED},
    {"Instagram down for thousands of users", "META", "outage_cyber", AS_CUE_CONFIRMED},
    {"Google's DeepMind unveils model", "GOOGL", "product_launch", AS_CUE_CONFIRMED},
    {"Samsung’s chip profit plunges 40%", "005930.KS", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Samsung Electronics Co. forecasts record profit", "005930.KS", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Hynix to spend $75 billion on chips", "000660.KS", "capex_raise", AS_CUE_CONFIRMED},
    {"Nvidia's Jensen Huang visits Beijing", "NVDA", NULL, AS_CUE_CONFIRMED},
    {"TI cuts outlook", "TXN", "earnings_guidance", AS_CUE_CONFIRMED},
    {"The metaverse is dead", "", NULL, AST_ANY},
    {"Tesla coil experiment goes wrong", "", NULL, AS_CUE_CONFIRMED},
    {"Nikola Tesla museum reopens", "", NULL, AS_CUE_CONFIRMED},
    {"MU: Micron upgraded at Citi", "MU", "analyst_rating", AS_CUE_OPINION},
    {"AMD patients see vision gains in trial", "", NULL, AS_CUE_CONFIRMED},
    {"Broadcom’s VMware sued by AT&T", "AVGO", "legal_regulatory", AS_CUE_CONFIRMED},
    {"Adobe houses crumble in quake", "", NULL, AS_CUE_CONFIRMED},
    {"Adobe slips on weak outlook", "ADBE", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Analog devices make a comeback among musicians", "", NULL, AS_CUE_CONFIRMED},
    {"Western digital nomads flock to Bali", "", NULL, AS_CUE_CONFIRMED},
    {"Western Digital spins off flash unit", "WDC", "m_and_a", AS_CUE_CONFIRMED},
    {"Applied materials science wins funding", "", NULL, AS_CUE_CONFIRMED},
    {"Applied Materials beats", "AMAT", NULL, AS_CUE_CONFIRMED},
    {"Spectrum arm of Comcast", "", NULL, AS_CUE_CONFIRMED},
    {"JPMorgan upgrades Intel to neutral", "INTC", "analyst_rating", AS_CUE_OPINION},
    {"JPMorgan profit rises 8%", "JPM", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Nvidia (NVDA), AMD (AMD) slide", "NVDA,AMD", NULL, AS_CUE_CONFIRMED},
    {"Metadata rules proposed by EU", "", NULL, AS_CUE_CONFIRMED},
    {"META: cloud plan", "META", "compute_supply_entry", AS_CUE_CONFIRMED},
    {"Ex-Meta executive joins OpenAI", "META", NULL, AS_CUE_CONFIRMED},
    {"Big Apple marathon draws record crowd", "", NULL, AS_CUE_CONFIRMED},
    {"Apple Valley school closes", "", NULL, AS_CUE_CONFIRMED},
    {"S. Korea's SK hynix Q2 profit up", "000660.KS", "earnings_guidance", AS_CUE_CONFIRMED},
};

/* Companies named by an ordinary word, without an alias of their own: classes are the desk's own guess. */
static const char ast_houses_csv[] =
    "symbol,name,bucket,factor,calendar,currency,qty_exp,aliases\n"
    "TGT,Target Corporation Common Stock,retail,,,,,\n"
    "GAP,\"Gap, Inc. (The) Common Stock\",retail,,,,,\n"
    "XYZ,\"Block, Inc. Class A Common Stock\",fintech,,,,,Square|CONTEXT\n"
    "V,Visa Inc.,fintech,,,,,\n"
    "SHEL,Shell PLC American Depositary Shares,energy,,,,,\n"
    "F,Ford Motor Company Common Stock,auto,,,,,\n"
    "GM,General Motors Company,auto,,,,,\n"
    "SNAP,Snap Inc. Class A Common Stock,web,,,,,\n"
    "META,\"Meta Platforms, Inc. Class A Common Stock\",web,,,,,\n"
    "U,Unity Software Inc. Common Stock,web,,,,,\n"
    "DAL,\"Delta Air Lines, Inc. Common Stock\",air,,,,,\n"
    "COIN,\"Coinbase Global, Inc. Class A Common Stock\",fintech,,,,,\n"
    "AAPL,Apple Inc. Common Stock,web,,,,,\n"
    "WMT,Walmart Inc. Common Stock,retail,,,,,\n"
    "MA,Mastercard Incorporated Class A Common Stock,fintech,,,,,\n";

static const ast_case ast_houses[] = {
    {"Target raises full-year outlook", "TGT", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Target price for Apple lifted to $250", "AAPL", "analyst_rating", AS_CUE_OPINION},
    {"Inflation still above target, Fed says", "", NULL, AS_CUE_CONFIRMED},
    {"Walmart and Target cut prices", "WMT,TGT", NULL, AST_ANY},
    {"Takeover target rumours swirl", "", NULL, AS_CUE_RUMOUR},
    {"Gap posts surprise profit", "GAP", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Gap between bid and ask widens", "", NULL, AS_CUE_CONFIRMED},
    {"Closing the gender pay gap", "", NULL, AS_CUE_CONFIRMED},
    {"Gap shares jump 20%", "GAP", "price_move", AS_CUE_CONFIRMED},
    {"Old Navy parent Gap lifts forecast", "GAP", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Block posts record gross profit", "XYZ", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Block trade prices at discount", "", NULL, AS_CUE_CONFIRMED},
    {"Judge moves to block merger", "", NULL, AS_CUE_CONFIRMED},
    {"Block shares sink after outage", "XYZ", "outage_cyber", AS_CUE_CONFIRMED},
    {"Square rolls out new terminal", "XYZ", "product_launch", AS_CUE_CONFIRMED},
    {"Times Square billboard costs rise", "", NULL, AS_CUE_CONFIRMED},
    {"Back to square one for negotiators", "", NULL, AS_CUE_CONFIRMED},
    {"Visa beats profit estimates", "V", "earnings_guidance", AS_CUE_CONFIRMED},
    {"US tightens visa rules for students", "", NULL, AS_CUE_CONFIRMED},
    {"Visa and Mastercard settle suit", "V,MA", "legal_regulatory", AS_CUE_CONFIRMED},
    {"Shell company used to hide assets", "", NULL, AS_CUE_CONFIRMED},
    {"Shell cuts capex guidance", "SHEL", "capex_cut", AS_CUE_CONFIRMED},
    {"Shell profit falls 28%", "SHEL", "earnings_guidance", AS_CUE_CONFIRMED},
    {"Shell-shocked investors sell", "", NULL, AS_CUE_CONFIRMED},
    {"Snap elections called in France", "", NULL, AS_CUE_CONFIRMED},
    {"Snap lays off 500 workers", "SNAP", "labour", AS_CUE_CONFIRMED},
    {"Cold snap lifts gas prices", "", NULL, AS_CUE_CONFIRMED},
    {"Ford recalls 1.2 million trucks", "F", "legal_regulatory", AS_CUE_CONFIRMED},
    {"Ford the river at low tide, ranger says", "", NULL, AS_CUE_CONFIRMED},
    {"Harrison Ford returns to cinema", "", NULL, AS_CUE_CONFIRMED},
    {"Ford and GM cut output", "F,GM", NULL, AS_CUE_CONFIRMED},
    {"National unity government formed", "", NULL, AS_CUE_CONFIRMED},
    {"Delta variant returns", "", NULL, AS_CUE_CONFIRMED},
    {"River delta floods", "", NULL, AS_CUE_CONFIRMED},
    {"Coinbase (COIN) jumps 9%", "COIN", "price_move", AS_CUE_CONFIRMED},
    {"Flip a coin: markets undecided", "", NULL, AS_CUE_CONFIRMED},
    {"GAP UP STOCKS TO WATCH", "", NULL, AST_ANY},
    {"TARGET CUTS JOBS", "TGT", "labour", AS_CUE_CONFIRMED},
    {"(SNAP) drops on weak guide", "SNAP", NULL, AS_CUE_CONFIRMED},
    {"$F $GM rally on tariffs", "F,GM", NULL, AS_CUE_CONFIRMED},
    {"Doug Ford cancels Starlink contract", "", NULL, AS_CUE_CONFIRMED},
    {"Ford's EV unit loses $1.3 billion", "F", NULL, AS_CUE_CONFIRMED},
    {"Visa’s network down for thousands of users", "V", "outage_cyber", AS_CUE_CONFIRMED},
    {"Apple’s App Store rules eased", "AAPL", NULL, AS_CUE_CONFIRMED},
    {"Shell — Europe’s biggest oil firm — raises dividend", "SHEL", "capital_return", AS_CUE_CONFIRMED},
    {"Apple pie sales rise", "", NULL, AS_CUE_CONFIRMED},
    {"Visa applicants face new fees", "", NULL, AS_CUE_CONFIRMED},
    {"Unity among allies frays", "", NULL, AS_CUE_CONFIRMED},
};
/* clang-format on */

static const char *ast_cue_name(int cue)
{
    static const char *const name[] = {"confirmed", "rumour", "developing", "denied", "opinion"};
    return name[cue];
}

static bool ast_as_expected(const ast_desk *d, const ast_case *row)
{
    const as_headline *h = ast_desk_read(d, "wire", row->text);
    const char *issuers = ast_issuers_of(d, &h->reading);
    bool same = strcmp(issuers, row->issuers) == 0;

    same = same && (row->event == NULL || strcmp(ast_event_of(h), row->event) == 0);
    same = same && (row->cue == AST_ANY || h->reading.cue == row->cue);
    if (!same)
        printf("\"%s\": [%s] %s %s, expected [%s] %s %s\n", row->text, issuers, ast_event_of(h),
               ast_cue_name(h->reading.cue), row->issuers, row->event != NULL ? row->event : "(any)",
               row->cue != AST_ANY ? ast_cue_name(row->cue) : "(any)");
    return same;
}

static void ast_read_all(const ast_desk *d, const ast_case *rows, size_t count)
{
    unsigned wrong = 0;
    for (size_t i = 0; i < count; i++)
        wrong += !ast_as_expected(d, &rows[i]);
    assert_int_equal(wrong, 0);
}

static void rare_families_are_told_in_other_words(void **state)
{
    (void)state;
    ast_desk d;
    ast_desk_open_reference(&d);
    ast_read_all(&d, ast_families, sizeof ast_families / sizeof ast_families[0]);
    ast_desk_close(&d);
}

static void words_that_look_like_companies_are_judged_by_their_sense(void **state)
{
    (void)state;
    ast_desk d;
    ast_desk_open_reference(&d);
    ast_read_all(&d, ast_senses, sizeof ast_senses / sizeof ast_senses[0]);
    ast_desk_close(&d);
}

static void companies_named_by_an_ordinary_word_need_the_word_in_their_sense(void **state)
{
    (void)state;
    ast_desk d = {0};
    ast_universe_text_load(&d.universe, ast_houses_csv);
    assert_int_equal(as_playbook_load("examples/reference-day/playbook.yaml", &d.universe, 0, &d.playbook), 0);
    assert_int_equal(as_desk_new(&d.universe, d.playbook, &d.desk), 0);
    ast_read_all(&d, ast_houses, sizeof ast_houses / sizeof ast_houses[0]);
    ast_desk_close(&d);
}

static void both_examples_read_with_the_same_playbook(void **state)
{
    (void)state;
    FILE *a = fopen("examples/reference-day/playbook.yaml", "rb");
    FILE *b = fopen("examples/bars-5min/playbook.yaml", "rb");
    int left, right;
    assert_true(a != NULL && b != NULL);
    do {
        left = fgetc(a);
        right = fgetc(b);
        assert_int_equal(left, right);
    } while (left != EOF);
    fclose(a);
    fclose(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rare_families_are_told_in_other_words),
        cmocka_unit_test(words_that_look_like_companies_are_judged_by_their_sense),
        cmocka_unit_test(companies_named_by_an_ordinary_word_need_the_word_in_their_sense),
        cmocka_unit_test(both_examples_read_with_the_same_playbook),
    };
    return cmocka_run_group_tests_name("desk_cases", tests, NULL, NULL);
}
