#include "feeds/news/vocabulary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "feeds/news/text.h"

/* Words separated by blanks; a pair is joined by '_'. */
typedef struct word_class {
    const char *name, *words;
} word_class;

/* clang-format off */
static const word_class CLASSES[] = {
    /* what is done: more, less, stop, go on */
    {"raise",
     "raise raises raised raising boost boosts boosted boosting hike hikes hiked hiking lift lifts lifted lifting "
     "increase increases increased increasing ups upped bump bumps bumped double doubles doubled doubling triple "
     "triples tripled tripling accelerate accelerates accelerated accelerating expand expands expanded expanding "
     "ramp_up ramps_up ramping_up ramped_up step_up steps_up beef_up beefs_up bumps_up scale_up scales_up upsizes "
     "upsized quadruples adds_to ratchets_up jacks_up"},
    {"cut",
     "cut cuts cutting slash slashes slashed slashing trim trims trimmed trimming lower lowers lowered lowering "
     "reduce reduces reduced reducing pare pares pared paring curtail curtails curtailed curtailing shrink shrinks "
     "shrinking shrank shave shaves shaved halve halves halved halving scale_back scales_back scaling_back "
     "scaled_back scale_down scales_down scaling_down scaled_down cut_back cuts_back cutting_back pull_back "
     "pulls_back pulling_back pulled_back dial_back dials_back dialing_back rein_in reins_in reining_in reined_in "
     "tone_down rolls_back roll_back ratchets_down pares_back downsizes downsize tempers prunes prune"},
    {"halt",
     "halt halts halted halting pause pauses paused pausing suspend suspends suspended suspending freeze freezes "
     "froze frozen freezing shelve shelves shelved shelving delay delays delayed delaying postpone postpones "
     "postponed postponing cancel cancels canceled cancelled canceling cancelling cancellation scrap scraps "
     "scrapped scrapping abandon abandons abandoned abandoning ditch ditches ditched slow slows slowed slowing "
     "stop stops stopped stopping defer defers deferred mothball mothballs mothballed stall stalls stalled "
     "walk_away walks_away walked_away walking_away back_out backs_out backed_out pull_out pulls_out pulled_out "
     "pulling_out on_hold nix nixes slow_down slows_down slowing_down push_back pushes_back pushed_back step_back "
     "steps_back backs_away drops_plan drops_plans terminates terminated terminate ends_plan exits puts_off "
     "put_off putting_off holds_off held_off hold_off iced ices kills killed axes axed pulls_plug "
     "sidelines idles"},
    {"resume",
     "resume resumes resumed resuming restart restarts restarted reinstate reinstates reinstated restore restores "
     "restored revive revives"},
    {"spend",
     "invest invests invested investing spend spends spending spent pour pours poured pouring commit commits "
     "committed committing pledge pledges pledged pledging plow plows plough ploughs earmark earmarks earmarked "
     "allocate allocates allocated inject injects splurge splurges lavish budgets"},
    {"sell",
     "sell sells selling sold lease leases leasing leased rent rents renting rented resell resells reselling "
     "resold sublet sublets subletting sublease subleases subleasing offload offloads offloading offloaded unload "
     "unloads unloading unloaded monetize monetizes monetizing monetise monetises monetising sale rental"},
    {"offer",
     "offer offers offering offered open opens opening opened make makes making put puts putting list lists "
     "listing market markets marketing shop shops shopping share shares sharing"},
    {"buy",
     "buy buys buying bought acquire acquires acquired acquiring purchase purchases purchased purchasing take_over "
     "takes_over taking_over snap_up snaps_up scoop_up scoops_up swallow swallows"},
    {"sign",
     "sign signs signed signing ink inks inked inking win wins won winning land lands landed landing secure "
     "secures secured securing clinch clinches clinched strike strikes struck seal seals sealed score scores "
     "scored bag bags bagged finalize finalizes finalized finalise finalises finalised reach reaches reached nab "
     "nabs nabbed snag snags snagged get gets got receive receives received announce announces announced expand "
     "expands expanded extend extends extended award awards awarded agree agrees agreed books booked cements "
     "cement lock_in locks_in locked_in enter enters entered enters_into renew renews renewed close closes closed "
     "near nears nearing discuss discusses negotiates negotiating"},
    {"supply",
     "supply supplies supplying supplied provide provides providing deliver delivers delivering furnish power "
     "powers powering host hosts hosting equip equips ship ships shipping"},
    {"launch",
     "launch launches launched launching unveil unveils unveiled unveiling introduce introduces introduced "
     "introducing debut debuts debuted debuting release releases released releasing reveal reveals revealed "
     "roll_out rolls_out rolled_out rolling_out rollout show_off shows_off showed_off showcases showcase presents "
     "previews previewed takes_wraps announces_new brings_out relaunches teases"},
    {"build",
     "build builds building built construct constructs constructing construction erect erects break_ground "
     "breaks_ground broke_ground breaking_ground groundbreaking develop develops"},
    {"begin",
     "begin begins beginning began start starts starting started become becomes becoming became enter enters "
     "entering entered launch launches launching launched plan plans planning planned to will may might could "
     "considers considering weighs weighing mulls mulling explores exploring eyes says preparing prepares readies"},
    {"ban",
     "ban bans banned banning bar bars barred barring block blocks blocked blocking restrict restricts restricted "
     "restricting restriction restrictions curb curbs curbed curbing limit limits limited limiting prohibit "
     "prohibits prohibited tighten tightens tightened tightening cap caps capped capping crackdown cracks_down "
     "crack_down forbid forbids discourage discourages discouraged embargo embargoes control controls outlaw "
     "outlaws deny denies_licence suspend suspends suspended halt halts halted stop stops stopped freeze freezes "
     "shun avoid avoids warn_against"},
    {"allow",
     "allow allows allowed allowing approve approves approved approving approval permit permits permitted "
     "green_light greenlight greenlights greenlit clear clears cleared clearance grant grants granted lift lifts "
     "lifted ease eases eased easing relax relaxes relaxed loosen loosens resume resumes resumed resuming exempt "
     "exempts exempted exemption exemptions waive waives waiver waivers rescind rescinds rescinded scrap scraps "
     "license licence licenses licences restart restarts reopens"},
    /* markets move */
    {"rise",
     "rise rises rose rising jump jumps jumped jumping surge surges surged surging soar soars soared soaring climb "
     "climbs climbed climbing gain gains gained gaining rally rallies rallied rallying pop pops popped popping "
     "spike spikes spiked spiking advances advanced rebound rebounds rebounded rebounding leap leaps leapt "
     "leaped rocket rockets rocketed skyrocket skyrockets skyrocketed bounce bounces bounced pare_losses "
     "pares_losses rips ripped higher recover recovers recovered grow grows grew growing swell swells double "
     "doubles doubled triple triples tripled increase increases increased edge_up edges_up inch_up inches_up "
     "ticks_up tick_up quadruples quadrupled upswing vault vaults"},
    {"fall",
     "fall falls fell fallen falling drop drops dropped dropping slide slides slid sliding slip slips slipped "
     "slipping sink sinks sank sinking tumble tumbles tumbled tumbling plunge plunges plunged plunging plummet "
     "plummets plummeted decline declines declined declining dip dips dipped dipping slump slumps slumped slumping "
     "tank tanks tanked tanking crater craters cratered crash crashes crashed crashing retreat retreats retreated "
     "shed sheds lose loses lost losing lower swoon swoons nosedive nosedives wobble wobbles stumble stumbles "
     "stumbled skid skids weaken weakens weakened erase erases erased collapse collapses collapsed shrink shrinks "
     "shrank decrease decreases edge_down edges_down ticks_down sell_off sells_off selloff rout sag sags halves "
     "pares_gains soften softens cools dive dives dived crumble crumbles crumbled sputter sputters wilt wilts buckle "
     "buckles"},
    {"beat",
     "beat beats beating top tops topped topping surpass surpasses surpassed exceed exceeds exceeded crush crushes "
     "crushed crushing smash smashes smashed blow_past blows_past outpace outpaces above"},
    {"miss",
     "miss misses missed missing lag lags lagged trail trails trailed disappoint disappoints disappointed "
     "disappointing fall_short falls_short fell_short short_of underwhelm underwhelms underwhelmed below fails_to"},
    /* compute and what it is made of */
    {"surplus",
     "excess surplus spare slack unused idle idled idling leftover underused underutilized underutilised "
     "unutilized stranded overbuilt unneeded empty vacant overcapacity left_over excess_capacity unwanted"},
    {"compute",
     "compute computing gpu gpus tpu tpus supercomputer supercomputers supercluster cluster clusters server "
     "servers trainium accelerators processing_power ai_capacity ai_chips ai_hardware superclusters colossus dojo "
     "computing_power computing_capacity compute_capacity gpu_capacity server_farm server_farms tpu_pods pods "
     "megawatts server_halls halls"},
    {"datacenter",
     "datacenter datacenters datacentre datacentres data_center data_centers data_centre data_centres server_farm "
     "server_farms ai_factory ai_factories ai_campus ai_campuses supercomputer stargate hyperscale"},
    {"fab",
     "fab fabs foundry foundries chip_plant chip_plants chip_factory chip_factories chipmaking_plant wafer_plant "
     "memory_plant memory_fab semiconductor_plant semiconductor_factory chip_fab chip_fabs packaging_plant "
     "chip_campus chip_facility chipmaking_complex megafab gigafab"},
    {"capex",
     "capex capital_spending capital_expenditure capital_expenditures capital_budget capital_outlay "
     "capital_outlays capital_investment capital_investments outlays capital_expense"},
    {"outlay",
     "spending spend investment investments outlay outlays budget budgets capex expansion buildout build_out "
     "construction rollout expenditure expenditures plans buildouts project projects"},
    {"infra",
     "infrastructure datacenter datacenters datacentre datacentres data_center data_centers data_centre "
     "data_centres ai cloud compute computing servers ai_infrastructure fab fabs chip chips hbm gigawatt megawatt "
     "foundry"},
    {"chip",
     "chip chips semiconductor semiconductors gpu gpus processor processors accelerator accelerators h20 h100 h200 "
     "h800 a800 b30a mi308 blackwell chipmaking chipmaker chipmakers lithography hbm wafer wafers silicon "
     "microchips microchip hopper duv euv eda"},
    {"china",
     "china chinese beijing huawei smic shenzhen saudi uae malaysia gulf russia iran hong_kong middle_east "
     "adversaries mainland cxmt ymtc inspur emirates"},
    {"memory",
     "dram nand hbm hbm3 hbm3e hbm4 ddr3 ddr4 ddr5 lpddr lpddr4 lpddr5 lpddr5x memory ssd ssds memory_chip "
     "memory_chips nand_flash flash_memory flash"},
    {"price",
     "price prices priced pricing cost costs quote quotes asp asps spot contract"},
    {"glut",
     "shortage shortages glut oversupply undersupply crunch supercycle upcycle downcycle shortfall squeeze "
     "scarcity tightness overhang"},
    {"deal",
     "deal deals contract contracts agreement agreements pact pacts lease leases order orders accord arrangement "
     "partnership alliance tie_up award ppa commitment commitments"},
    {"capacity",
     "cloud compute computing capacity datacenter datacenters datacentre data_center data_centers data_centre "
     "data_centres gpu gpus tpu tpus hpc hosting colocation nuclear power energy electricity hbm chip chips ai "
     "megawatt megawatts gigawatt gigawatts mw gw gigawatts_of servers server racks infrastructure accelerators "
     "optical campus supercomputer neocloud reactor turbines wafer foundry silicon processors"},
    /* people */
    {"job",
     "job jobs worker workers employee employees staff staffers workforce headcount position positions role roles "
     "staffing posts people managers engineers"},
    {"layoff",
     "layoff layoffs lay_off lays_off laid_off laying_off furlough furloughs let_go lets_go letting_go job_cuts "
     "jobs_cut cut_jobs cuts_jobs cutting_jobs redundancies retrenchment voluntary_buyouts voluntary_exit "
     "severance hiring_freeze pink_slips job_losses buyouts_to downsizing walkout walkouts walk_out walks_out "
     "headcount_cuts workforce_reduction staff_cuts staff_reductions"},
    {"exec",
     "ceo cfo coo cto cio chief president chairman chairwoman chair head executive executives officer boss co_ceo "
     "co_ceos cofounder founder vp finance_chief vice_president leader director directors scientist chiefs svp "
     "counsel co_founder general_counsel treasurer successor"},
    {"appoint",
     "name names named appoint appoints appointed appointing hire hires hired hiring tap taps tapped promote "
     "promotes promoted elevate elevates elevated elects elected poach poaches poached recruits picks selects "
     "installs"},
    {"depart",
     "resign resigns resigned resigning resignation quit quits quitting step_down steps_down stepped_down "
     "stepping_down leave leaves leaving depart departs departed departing departure departures retire retires "
     "retired retiring retirement exit exits exiting oust ousts ousted ousting ouster fire fires fired firing "
     "replace replaces replaced replacing succeed succeeds succession step_aside steps_aside stepping_aside "
     "bows_out bow_out steps_away step_away called_time to_leave shakeup shake_up reshuffle reshuffles dismisses "
     "sacks sacked steps_back relinquish relinquishes"},
    /* books and houses */
    {"result",
     "earnings results result revenue revenues sales profit profits income eps ebitda loss losses bookings backlog "
     "quarter quarterly net_income earnings_per cash_flow gross_margin margin margins shipments volumes q1 q2 q3 "
     "q4 billings deliveries orders top_line bottom_line subscribers"},
    {"outlook",
     "guidance outlook forecast forecasts view guide guides guided guiding projection projections sales_target "
     "profit_target revenue_target targets"},
    {"estimate",
     "estimate estimates expectation expectations forecast forecasts views consensus wall_street street analysts "
     "targets whisper hopes"},
    {"rating",
     "overweight underweight outperform underperform neutral buy sell hold equal_weight equalweight market_perform "
     "sector_perform peer_perform strong_buy strong_sell equal_perform sector_weight in_line market_outperform "
     "reduce accumulate conviction_list"},
    {"broker",
     "goldman goldman_sachs morgan_stanley jpmorgan jefferies ubs hsbc citi citigroup barclays bofa wedbush "
     "evercore mizuho keybanc piper_sandler piper stifel bernstein rbc td_cowen cowen truist oppenheimer needham "
     "rosenblatt nomura da_davidson davidson baird wells_fargo wells deutsche_bank deutsche raymond_james "
     "guggenheim susquehanna melius loop_capital argus daiwa macquarie wolfe cantor redburn btig cfra bmo "
     "scotiabank northland kgi craig_hallum lynx hsbc's jpm arete new_street moffettnathanson seaport edgewater "
     "wolfe_research clsa bnp exane phillip freedom_broker hc_wainwright wainwright benchmark berenberg citizens"},
    {"agency",
     "moody's moody fitch s_p kbra dbrs"},
    {"fund",
     "fund funds hedge billionaire billionaires berkshire buffett buffett's softbank scion burry burry's "
     "bridgewater ark cathie_wood tiger_global thiel thiel's druckenmiller druckenmiller's ackman ackman's "
     "pershing soros einhorn tepper tepper's appaloosa citadel coatue pelosi temasek renaissance viking duquesne "
     "dalio loeb baupost insider insiders family_office greenlight third_point elliott starboard trian icahn "
     "norges vanguard blackrock pabrai d1_capital lone_pine baillie_gifford"},
    {"stake",
     "stake stakes position positions holding holdings shares stock puts calls bet bets stock_sale"},
    /* rules and states */
    {"state",
     "us usa washington commerce trump biden white_house beijing china commerce_department congress senate house "
     "senators senator lawmakers lawmaker eu brussels dutch netherlands japan taiwan seoul government "
     "administration regulators chinese bis treasury xi hague tokyo netherlands' uk trump's biden's officials "
     "ministry moscow canada india mexico berlin lutnick"},
    {"tariff",
     "tariff tariffs duties levy levies import_tax import_taxes import_duty surtax trade_war reciprocal_tariffs "
     "section_232 liberation_day import_levy customs_duty surcharge"},
    {"watchdog",
     "ftc doj sec eu cma regulator regulators watchdog watchdogs nhtsa prosecutors justice_department court courts "
     "judge judges jury jurors authorities samr european_commission tribunal attorney_general "
     "competition_authority regulatory supreme_court appeals_court brussels authority cci jftc bundeskartellamt "
     "arbitrator itc"},
    {"lawsuit",
     "lawsuit lawsuits sue sues sued suing litigation probe probes probed probing investigation investigations "
     "class_action antitrust fraud_case complaint complaints indicted indictment indicts subpoena subpoenas "
     "subpoenaed infringement infringing patent_case patent_trial patent_suit settlement contempt verdict inquiry "
     "raid raids raided appeal injunction copyright_case monopoly investigates investigate investigated "
     "investigating recall recalls recalled recalling fined fine fines penalty penalties"},
    {"outage",
     "outage outages downtime disruption disruptions offline glitch glitches breach breaches breached hack hacks "
     "hacked hackers hacker hacking cyberattack cyberattacks cyber_attack cyber_attacks ransomware malware spyware "
     "phishing vulnerability vulnerabilities zero_day data_leak data_theft cybersecurity_incident cyber_incident "
     "security_incident security_flaw security_flaws knocked_offline goes_dark went_dark intruders "
     "cyberespionage extortion data_breach credential exploited"},
    {"payback",
     "buyback buybacks repurchase repurchases repurchasing dividend dividends payout payouts stock_split "
     "share_split repurchase_program share_buyback special_dividend capital_return buy_back buys_back"},
    {"ai",
     "ai genai chatgpt gemini copilot copilots claude agentforce agents chatbot chatbots llm llms "
     "artificial_intelligence generative_ai grok openai anthropic ai_agents ai_assistant ai_tools"},
    {"model",
     "model models llm llms chatbot chatbots language_model qwen kimi deepseek r1 r2 v3 v4 gpt reasoning_model "
     "open_source mistral ai_system ai_training inference training algorithm"},
    {"cheap",
     "cheap cheaper cheaply low_cost lower_cost efficient frugal fraction half tenth fifth quarter_of less_compute "
     "less_computing fewer_chips fewer_gpus fewer lighter budget cut_rate ultra_cheap inexpensive laptop "
     "single_gpu shoestring hundredth twentieth one_tenth less"},
    {"adopt",
     "adopt adopts adopted adopting adoption deploy deploys deployed deploying deployment deployments embrace "
     "embraces embracing users user subscribers usage paying_customers monthly_users weekly_users paying_users "
     "rolls_out rolling_out roll_out use uses using returns uptake signups sign_ups signs_up customers seats "
     "licenses paying_subscribers daily_users pilots piloting"},
    {"merge",
     "merger mergers merge merges merging acquisition acquisitions takeover takeovers buyout spinoff spin_off "
     "spinout spins_off spin_out spinning_off ipo go_private going_private takes_private take_private going_public "
     "go_public carve_out divest divests divestiture divestment joint_venture tie_up buyout_offer hostile_bid "
     "tender_offer bidding_war bidder bidders suitor suitors stake_sale listing debut minority_stake "
     "majority_stake"},
    {"index",
     "nasdaq dow kospi nikkei sox russell stoxx dax ftse s_p wall_street hang_seng futures stocks equities "
     "shares_in chip_stocks tech_stocks benchmark semis markets indexes tsec taiex chipmakers tech_shares "
     "chip_shares megacaps stock_market big_tech"},
    {"fed",
     "fed fomc powell ecb boj boe pboc federal_reserve lagarde rba snb riksbank bank_of central_bank central_banks "
     "fed's ueda bailey"},
    {"talk",
     "say says said tell tells told warns warn argues thinks believes predicts reckons sees expects asserts contends "
     "cautions estimates disagrees insists claims"},
    {"pundit",
     "analyst analysts strategist strategists economist economists columnist manager investor bull bear bulls "
     "bears expert experts guru trader cramer ives munster burry dalio damodaran cuban ackman fundstrat "
     "breakingviews lex heard lombard professor pundits pundit skeptic skeptics "
     ""},
};
/* clang-format on */

enum { CLASS_COUNT = (int)(sizeof CLASSES / sizeof CLASSES[0]), SLOTS = 8192 };

_Static_assert((int)CLASS_COUNT <= (int)AS_CLASS_WORDS_MAX, "a class is a bit");

static void add(as_vocabulary *v, uint64_t hash, uint64_t classes)
{
    uint32_t at = (uint32_t)hash & v->mask;

    while (v->entry[at].hash != 0 && v->entry[at].hash != hash)
        at = (at + 1) & v->mask;
    v->entry[at].hash = hash;
    v->entry[at].classes |= classes;
}

static void add_member(as_vocabulary *v, const char *word, size_t bytes, uint64_t class_bit)
{
    const char *joint = memchr(word, '_', bytes);
    uint64_t first;

    if (joint == NULL) {
        add(v, as_text_hash(word, bytes), class_bit);
        return;
    }
    first = as_text_hash(word, (size_t)(joint - word));
    add(v, first, AS_VOCABULARY_PAIR);
    add(v, as_vocabulary_pair(first, as_text_hash(joint + 1, bytes - (size_t)(joint - word) - 1)), class_bit);
}

int as_vocabulary_init(as_vocabulary *vocabulary)
{
    vocabulary->mask = SLOTS - 1;
    vocabulary->entry = calloc(SLOTS, sizeof *vocabulary->entry);
    if (vocabulary->entry == NULL)
        return -ENOMEM;
    for (unsigned c = 0; c < CLASS_COUNT; c++)
        for (const char *at = CLASSES[c].words; *at != '\0';) {
            size_t bytes = strcspn(at, " ");

            if (bytes > 0)
                add_member(vocabulary, at, bytes, UINT64_C(1) << c);
            at += bytes;
            at += strspn(at, " ");
        }
    return 0;
}

void as_vocabulary_fini(as_vocabulary *vocabulary)
{
    free(vocabulary->entry);
    vocabulary->entry = NULL;
}

int as_vocabulary_class(const char *name, size_t name_bytes)
{
    for (int c = 0; c < CLASS_COUNT; c++)
        if (strlen(CLASSES[c].name) == name_bytes && memcmp(CLASSES[c].name, name, name_bytes) == 0)
            return c;
    return -1;
}

const char *as_vocabulary_name(unsigned class_number)
{
    return class_number < CLASS_COUNT ? CLASSES[class_number].name : NULL;
}
