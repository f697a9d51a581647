#include "feeds/news/lexicon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct word_list {
    uint32_t flag;
    const char *words; /* separated by blanks */
} word_list;

/* clang-format off */
static const char COMMON_A_TO_H[] =
    "able ac academy access achieve acres act ad add ads advance advanced advantage  "
    "affiliated affirm age ago agree aid aim ain air airs alarm align all alliance allied  "
    "ally alpha alpine alps am amber ambitions an analog any apartment app applied apps  "
    "arch are aren arm arms array arrive art as ash assembly associated assured at  "
    "automatic aware axe bad bag baker ball band bank banner bar bark bat bath bc be beat  "
    "bed beg benchmark best bet beta better beyond bicycle bid big bill bio bird bit  "
    "bitcoin black blend blink block blue bn bold bolt bone booking boom boost boot bot  "
    "bow box brand bread bright brilliant bro brown buckle build builders bull bullish  "
    "burning bus business but buy by cable cake calm camp camping can cap capital caps  "
    "car cardinal care caring carnival carpenter carriage carrier cars cash cast cat  "
    "catalyst cc celsius cent central century chain champion champions change charter  "
    "check cheer chef cherry children china choice chord church cipher circle citizens  "
    "city clean clear click climb cm co coastal coffee coherent coin cold collective  "
    "comfort commerce commercial community compass con concrete connect consensus  "
    "consolidated construction consumer context cop core cost cousins crane creative  "
    "credit credo critical cross crown cue cup curb custom customers cut daily darling  "
    "dash data day de decent deck deep definitive degrees del delta design designer  "
    "devices die dig digital dime dine dip direct disc disciplined discover discovery  "
    "distribution diversified dog dole dollar dolphin dominion dream drilling driven drug  "
    "drugs dry due eagle earn ease east eastern eat eco ed edge edible education  "
    "educational egg el element elite else empire employers enact end energy enhanced  "
    "enterprise envoy equitable equity era essential establishment ethos euro eve ever  "
    "evolution exodus expand extra extreme eye fabric fact fair fan fang far farm farmers  "
    "fast fat fate fed federal feed few fifth figs figure finance financial find fine  "
    "fire first fit five fix fizz flag flash flexible floor flow flowers fly focus fold  "
    "food foot for foremost form formula fortress fortune forum forward fossil founder  "
    "four fox free freedom freight frequency front frontier frontline ft fuel full fun  "
    "fund fur fury fusion future gain galaxy game gaming gap garden gas gates gel gen  "
    "general generate generation genius genuine get gift glass global globe go god gold  "
    "golden golf good grab grace grail grand graphic gravity great green grid grocery  "
    "group grow gun gut guy had hair half hall hand hang happen hard has hat he head  "
    "health healthcare healthy hear heart heat help her here heritage high highway him  "
    "his hit hold hole home hood hope horizon host hot hotel hour house how hub huge hut";

static const char COMMON_I_TO_Z[] =
    "ice icon idea ideal ill immersion impact in income independence independent indie  "
    "industrial inflection info information ink innovate innovation innovative insight  "
    "inspire inspired installed integrated intel intelligent intensity inter interactive  "
    "interface international invest investors invitation iron it jack jam jet job joint  "
    "journey joy jump june just keep key keys kg kids kind kinder king knife kraft la lab  "
    "lack lake land landmark lands lap late launch law lay lead lean led left leg legacy  "
    "legend lend less let liberty lichen lie life lifetime lift liftoff like line link  "
    "linkage lion lip liquidity list lit lithium live load loan local long loop lose loss  "
    "lot love low luck lucky lumen lung mad made magic main make mammoth man many map  "
    "marathon marine mark market mask mass match math matrix matter max meal mean  "
    "mechanics medical meet mega merchants merit mesh met meta metals mg mid mild  "
    "milestone milk mind mine minerals mint miss mission mixed mob mobile mobility  "
    "modular mom monster more most mount mountain move moving much mud multi my name nano  "
    "national natural nature nd near need neighborhood nest net network new news newt  "
    "next nice nine none noodles nor north northeast northern northwest not note nova now  "
    "nut oak ocean odd odyssey off office oil ok old on once one only onto op open opera  "
    "opportunity option options or orange origin orion our oust ouster out outdoor  "
    "outlook over own pack packaging page pain pair pan par paramount park passage past  "
    "path pattern pay pays pc pct peace peak pen people peoples perfect performance  "
    "perspective pet pets pick pie pig pin pinnacle pins pioneer pipe pit plan planet  "
    "platinum play playboy plug plus pm polar pole pool poor pop popular port post postal  "
    "pot power pre precision preferred prestige prime principal priority private pro prof  "
    "professional proficient profound progress progressive prop prospect prosperity  "
    "public pull pulse pump pure purple pursuit push put quad quantum quest race rail  "
    "rain rally ramp range rank rapid rare rat rate raw re read reading ready real red  "
    "regional regions rein relay reliance rely renew rent repay research resolute  "
    "resources restaurant revelation revolution rhythm rice rich rid ride rig ring rio  "
    "riot rip rise rising risk river road rob rock rocket rocky role roll roof room root  "
    "row royal royalty rub rule rum run runway rush sad safe safeguard safety saga sage  "
    "sail sat save savers say scholar science sea seas seat security see seed seer select  "
    "selective self sell send serve service set seven sex shake she shell sherwin shift  "
    "ship shoe shop shore shot shoulder shuttle sick side sight sign silence silicon  "
    "silver sin sing sit site six sixth size ski skin sky skyline slide slim slow smart  "
    "snap snow snowflake so soar social soft sold solid some son sonder song sonic soon  "
    "sort soul sound source south southern southwest space spark special spectrum spin  "
    "splash sports spot spring square st standard star state stay steel stellar stem step  "
    "sterling stew stock stop strategic strategy strive structure structures studio  "
    "suburban such suit sum summit sun sunshine super superior sure surf surgery system  "
    "tailwind take tale talk tall tango tap target task tax tea team tech tel telecom  "
    "telephone tempest ten test th than that the them then they thin third this tide tiny  "
    "tip titan tm toast told toll ton tone too tool top tops torrid total tour tower town  "
    "toy tractor trade travel treasure tree trilogy trio trip triple triumph troops true  "
    "trust try turn turning twin twist two type ultra under union unit united unity  "
    "universal universe unusual up upon upstart ur uranium urban us use used user value  "
    "van vast velocity venture versus vertical very vet via victory view village virgin  "
    "visa vision vital vote vs wage wait wake walk wall want war warm warrior was wash  "
    "waste water waters wave way wearable weave web week well west western wet what  "
    "wheels when where white who whom why wide wild win wind wine wing wise wish with  "
    "wolf won word work workday world wow wrap yard year yes yet you young zebra zero  "
    "zone zoo";

static const char ACRONYM[] =
    "a ab ad ag ai all am api apr ar asa asia atm aug aws bbc bio biz bn btc buy ceo cfo  "
    "ch china cia cio cmo cnbc cnn coo covid cpi cpu cso cto dc dd ddr dec dei diy dna  "
    "doe doge doj dram e ecb eps esg est et etf etfs eth eu euv ev evs f fbi fcc fda feb  "
    "fed fomc fr fsd ft ftc fx fy gaap gb gdp ghz gmt gop gov gpu gpus hbm hbo hd hk  "
    "hpc hq hr i ii iii iot ip ipad ipo ipos ir ira irs it iv jan jul jun la led live llc  "
    "llm llms lng lp ltd m mar may mba mit ml mlb mn moe mou ms mtv mvp na nand nasa  "
    "nasdaq nato nba nda nfl nft nhl nhs nov nv ny nyc nyse oct of ok on op opec or os  "
    "otc pc pce pe ph phd plc pm pmi pr q qa qe qr r rbc re rss rsu s sa saas san se sec  "
    "sep sk so sp spac ssd t tsa tv u uae uk un us usa usd usda uv v va vc ve vr vs w wfh  "
    "who wi wsj wto ww x y you yoy ytd z";

static const char VERB_FIRST_HALF[] =
    "abandons acknowledges acquired acquires added adds admits agreed agrees ahead aims "
    "allows amends announced announces anticipates apologizes appeals applies appoints "
    "approves argues asks awards axes backs bans beat beats begins benefits bets blocks "
    "boosted boosts borrows bought bounces bows brings broadens builds buys calls "
    "cancelled cancels changes chases claims climbed climbs clinches closes combines "
    "commits competes complains completed completes concedes concludes confirms "
    "considers continues converts cooperates could craters creates crosses cut cuts "
    "deals debuts decides declined declines deepens defends delayed delays deletes "
    "delivered delivers demands denies deploys designs develops dipped dips discloses "
    "discontinues discusses diversifies dominates doubles downplays drafts drives "
    "dropped drops earns edges eliminates embraces emerges enables ends enlists enters "
    "establishes evaluates exceeds executes exits expanded expands expect expects "
    "explains explores extends eyes faced faces fails falls favors fell fights filed "
    "files finalizes finds fined finishes fires fixes focuses follows forces forecast "
    "forecasts fuels funds gained gains gave gets gives got grabs grants grows guarantees "
    "guide guides halted halts handles hardly heads hikes hired hires hits holds hopes "
    "hosts identifies ignores improves inches increases inherits injects inks installs "
    "integrates introduces invested investigates invests invites issues joined joins "
    "jumped jumps keeps kicks lacks lags lands launched launches lays leads leases "
    "leaves licenses lifted lifts limits links lists loads lobbies locates locks looks "
    "loses lost lowered lowers made maintains makes manages may merges might migrates "
    "miss misses monitors moved moves mulls must nabs named names navigates nears needs "
    "negotiates notifies obtains offered offers opens operates opposes orders ousts ";

static const char VERB_SECOND_HALF[] =
    "outlines outpaces outperforms overcomes overhauls overtakes paid participates "
    "partners passes patents pauses pays permits plan plans plays pledges plots plunged "
    "plunges popped pops posted postpones posts pours predicts prepares presents presses "
    "prevails previews priced prices produces projects promises promotes proposes proves "
    "provides publishes pulls purchases pushes qualifies quits raids raise raises "
    "rallied rallies ramps reaches reacts readies reaffirms rebounds rebrands rebuffs "
    "recalls receives records recovers reduces refinances refuses regains registers reinstates "
    "reiterated reiterates rejected rejects relaunches released releases relies removes "
    "renames renews rents reopens repays replaces reported reports repurchases requests "
    "requires rescinds reserves reshuffles resists resolves responds restarts restates "
    "restricts restructures resumes retires retreats returns reveals reverses reviews "
    "revised revises rewards rewrites rides rises rolls rose runs said sank saves says "
    "scales schedules scores scraps seals searches secured secures seeks sees selects "
    "sells sends serves sets settles shares sheds shelves shifts shipped ships should "
    "shows shrinks shrugs shuts signals signed signs sinks sits skips skyrockets slashed "
    "slashes slid slides slipped slips slows slumps smashes snaps soared soars sold "
    "speeds spends spent spiked spikes spins splits sponsors sprints started starts "
    "stays steps stockpiles stops strikes struggled struggles stumbles submits succeeds "
    "sued sues suffers supplies supports surged surges surprises suspends swings "
    "switches takes tanks taps targets teams tells threatens tightens told took topped "
    "toppled tops touts trades trails transfers transforms tries triggers trims triples "
    "tumbled tumbles turns underperforms unloads unveiled unveils updated updates urges "
    "uses vaults ventures verifies violates vows waits waives walks wants warms warned "
    "warns weighs welcomes widens will winds wins withdraws won would writes yields";

static const char MARKET[] =
    "analyst analysts antitrust bid board bonds buyback calls capex ceo cfo chair  "
    "chairman chief coo cto datacenter datacenters deal debt dividend downgrade earnings  "
    "employees executive executives forecast founder guidance investor investors ipo jobs  "
    "lawsuit layoffs lawyers margin margins merger options outlook parent platforms price  "
    "profit profits puts q1 q2 q3 q4 quarterly results revenue revenues sales share  "
    "shareholder shareholders shares spokesman spokesperson spokeswoman stake stock stocks  "
    "subsidiary takeover unit upgrade valuation workers holders ai volumes insiders engineers staff "
    "customers chips cloud union supplier suppliers director directors rival app spokeswoman";

static const char SUFFIX[] =
    "ab ag asa co com companies company corp corporation group holding holdings inc  "
    "incorporated kgaa limited llc lp ltd nv oyj plc sa se spa the trust";

static const char GENERIC[] =
    "brands communications companies computer design devices electronics enterprises  "
    "entertainment global group holding holdings industries infrastructure interactive  "
    "international laboratories labs machines management manufacturing motor motors  "
    "networks pharmaceuticals platform platforms restaurants semiconductor semiconductors  "
    "services software solutions storage stores system systems technologies technology  "
    "therapeutics wholesale worldwide";

static const char OBJECT[] =
    "accuses acquire acquires against asks backs beats boosts buy buys by challenges  "
    "downgrade downgrades drags fine fines forget helps hits hurts investigates invests  "
    "joins lifts like orders over overtakes owns parent picks probes rates rivals sends  "
    "sue sues supplies tells than tops upgrade upgrades urges versus via vs with";

static const char AUXILIARY[] =
    "are can could did do does has have how is may might must should was what when where  "
    "why will would";

static const char PARTICIPLE[] =
    "affiliated backed based bid branded built deal designed focused funded intel led  "
    "like linked made only owned parent partner partners powered related rival rivals run  "
    "stock style supplier suppliers";

static const char RATING[] =
    "analyst analysts bearish bullish coverage downgrade downgraded downgrades forecasts initiated neutral pt  "
    "initiates initiation outperform overweight pick picks rating ratings reiterates says  "
    "sees target underperform underweight upgrade upgraded upgrades";

static const char RATES[] =
    "adjusts assumes begins boosts bumps cuts downgrades drops hikes initiates keeps lifts lowers maintains "
    "nudges raises "
    "rates reaffirms reinstates reiterates resumes starts trims turns upgrades";

static const char SMALL[] =
    "& a an and as at by de for from in la of on or the to with";

static const char DETERMINER[] =
    "a an any each every her his its less more most my our so that the their this too  "
    "very your";

static const char FRAME[] =
    "agencies agency analyses analysis analytic analytical area audience audiences  "
    "briefing commentary committee community data date dates demographic description  "
    "descriptions game humor joke language level narrative official officials operatives  "
    "practice review reviews room score scores sharing shooting study tag tags zone";

static const char LIST[] =
    "competitive competitors featuring profiled profiles";

static const char FUNCTION[] =
    "a all an and any april are as at august back be best big bill by can day december  "
    "dow down february first for friday go good great here high how if in is it january  "
    "july june last let low march mark may monday month more most my nasdaq new next no  "
    "not november now october of off on one or our out over saturday see september so  "
    "some sunday that the there this three thursday time to today top tuesday two under  "
    "up us was wednesday week well what where who will year yes you";

static const char NUMBER[] = "one two three four five six seven eight nine ten";

static const char DAY[] = "monday tuesday wednesday thursday friday saturday sunday today yesterday";

static const char PLACE[] =
    "africa african alaska america american americas argentina asia asian atlanta atlantic australia austria beijing "
    "belgium berlin boston brazil brazilian britain british california canada canadian caribbean chicago chile china "
    "chinese cleveland colombia colorado columbia dakota dallas denmark detroit dubai dutch england europe european "
    "florida france french georgia german germany greece hawaii hawaiian hong houston illinois india indian indiana "
    "ireland irish israel italy japan japanese jersey kansas kentucky kong korea korean london malaysia "
    "maryland mexico "
    "miami michigan midwest minnesota mississippi montana nevada nordic norway ohio oregon pacific panama paris peru "
    "philippine poland portland russia seattle shanghai singapore spain swiss switzerland taiwan taipei "
    "tennessee texas "
    "thailand tokyo toronto turkey ukraine utah vermont vietnam virginia wales washington wisconsin york";

static const char ASK[] = "why how what who where when which here's";

static const char SELF[] = "i i'm i'd i've i'll my me mine you your you're our ours yours";

static const char JUDGE[] =
    "best worst cheapest smartest hottest greatest strongest safest underrated overrated overdone overhyped "
    "misunderstood underappreciated "
    "undervalued overvalued unstoppable nightmare paradox dilemma reckoning conundrum crossroads illusion myth myths "
    "truth lesson lessons takeaway takeaways preview recap excitement hype mania euphoria compelling attractive "
    "ideal promising poised ripe priced ready setting shaping merely hardly obvious inevitable unsustainable "
    "overblown stretched precarious backfiring backfire cracks jitters headwinds tailwinds catalyst catalysts "
    "upside downside game-changer changer winner winners loser losers trap bargain bargains steal screaming "
    "opportunity opportunities potential promise moat thesis proof wrong afraid wisely cautious tempting "
    "worth deserves deserve underestimate underestimated enviously lurks crucial critical pivotal essential";

static const char MODAL[] = "could might should may ought must";

static const char NAMESAKE[] =
    "records biologics music university college hospital museum stadium park church island county street avenue "
    "heritage foundation lions medical insurance securities securitas river falls rainforest orchards cinemas "
    "pictures hotel hotels brewery ware glassware railway cathedral academy school";

static const char PERIOD[] =
    "first second third fourth quarter half year full annual yearly fiscal calendar january february march april may "
    "june july august september october november december ad advertising cloud foundry finance design hardware "
    "software marketing legal advanced early exclusive "
    "preliminary";

static const char STOCK[] = "stock stocks shares shareholders earnings investors dividend buyback";

static const word_list LISTS[] = {
    {AS_WORD_COMMON, COMMON_A_TO_H}, {AS_WORD_COMMON, COMMON_I_TO_Z},
    {AS_WORD_ACRONYM, ACRONYM}, {AS_WORD_VERB, VERB_FIRST_HALF}, {AS_WORD_VERB, VERB_SECOND_HALF},
    {AS_WORD_MARKET, MARKET},
    {AS_WORD_SUFFIX, SUFFIX}, {AS_WORD_GENERIC, GENERIC}, {AS_WORD_OBJECT, OBJECT},
    {AS_WORD_AUXILIARY, AUXILIARY}, {AS_WORD_PARTICIPLE, PARTICIPLE}, {AS_WORD_RATING, RATING},
    {AS_WORD_RATES, RATES},
    {AS_WORD_SMALL, SMALL}, {AS_WORD_DETERMINER, DETERMINER}, {AS_WORD_FRAME, FRAME}, {AS_WORD_LIST, LIST},
    {AS_WORD_FUNCTION, FUNCTION}, {AS_WORD_STOCK, STOCK}, {AS_WORD_NUMBER, NUMBER}, {AS_WORD_DAY, DAY},
    {AS_WORD_PLACE, PLACE}, {AS_WORD_ASK, ASK}, {AS_WORD_SELF, SELF}, {AS_WORD_JUDGE, JUDGE},
    {AS_WORD_MODAL, MODAL}, {AS_WORD_NAMESAKE, NAMESAKE}, {AS_WORD_PERIOD, PERIOD},
};
/* clang-format on */

enum { LEXICON_SLOTS = 8192 };

static void add(as_lexicon *lexicon, uint64_t hash, uint32_t flag)
{
    uint32_t at = (uint32_t)hash & lexicon->mask;

    while (lexicon->hash[at] != 0 && lexicon->hash[at] != hash)
        at = (at + 1) & lexicon->mask;
    lexicon->hash[at] = hash;
    lexicon->flags[at] |= flag;
}

static void add_list(as_lexicon *lexicon, const word_list *list)
{
    const char *at = list->words;

    while (*at != '\0') {
        size_t bytes = strcspn(at, " ");

        if (bytes > 0)
            add(lexicon, as_text_hash(at, bytes), list->flag);
        at += bytes;
        at += strspn(at, " ");
    }
}

int as_lexicon_init(as_lexicon *lexicon)
{
    lexicon->mask = LEXICON_SLOTS - 1;
    lexicon->hash = calloc(LEXICON_SLOTS, sizeof *lexicon->hash);
    lexicon->flags = calloc(LEXICON_SLOTS, sizeof *lexicon->flags);
    if (as_vocabulary_init(&lexicon->vocabulary) != 0 || lexicon->hash == NULL || lexicon->flags == NULL) {
        as_lexicon_fini(lexicon);
        return -ENOMEM;
    }
    for (size_t i = 0; i < sizeof LISTS / sizeof LISTS[0]; i++)
        add_list(lexicon, &LISTS[i]);
    return 0;
}

void as_lexicon_fini(as_lexicon *lexicon)
{
    as_vocabulary_fini(&lexicon->vocabulary);
    free(lexicon->hash);
    free(lexicon->flags);
    memset(lexicon, 0, sizeof *lexicon);
}

uint32_t as_lexicon_find(const as_lexicon *lexicon, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & lexicon->mask;

    while (lexicon->hash[at] != 0) {
        if (lexicon->hash[at] == hash)
            return lexicon->flags[at];
        at = (at + 1) & lexicon->mask;
    }
    return 0;
}

void as_lexicon_mark(const as_lexicon *lexicon, as_text *text)
{
    const as_vocabulary *v = &lexicon->vocabulary;

    for (unsigned i = 0; i < text->token_count; i++) {
        as_token *token = &text->token[i];
        uint64_t classes = as_vocabulary_find(v, token->hash);

        token->lexicon = as_lexicon_find(lexicon, token->hash);
        token->classes = classes & ~AS_VOCABULARY_PAIR;
        token->pair_classes = 0;
        if ((classes & AS_VOCABULARY_PAIR) != 0 && i + 1 < text->token_count && (token[1].flags & AS_TOKEN_JOINED) != 0)
            token->pair_classes = as_vocabulary_find(v, as_vocabulary_pair(token->hash, token[1].hash));
    }
}
