/* A stand-in for NVIDIA's management library with two cards. The test steers it by fake_set. */
#include <stdio.h>
#include <string.h>

enum { CARDS = 2, SLICES = 3, OK = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, TIMEOUT = 10, LOST = 15, VERSION_MISMATCH = 25 };

typedef struct { unsigned gpu, memory; } utilization_t;
typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } memory_v2_t;
typedef struct { void *device; unsigned long long type, data; unsigned gi, ci; } event_t;

static int initialized, init_result, init_calls, count = CARDS, slice[SLICES];
static int handle_result[CARDS], card_result[CARDS], mig[CARDS], xid[CARDS], ecc[CARDS];
static int utilization_result[CARDS], memory_result[CARDS], temperature_result[CARDS], power_result[CARDS];

int fake_set(const char *key, int card, int value)
{
    if (!strcmp(key, "init")) init_result = value;
    else if (!strcmp(key, "count")) count = value;
    else if (!strcmp(key, "handle")) handle_result[card] = value;
    else if (!strcmp(key, "card")) card_result[card] = value;
    else if (!strcmp(key, "utilization")) utilization_result[card] = value;
    else if (!strcmp(key, "memory")) memory_result[card] = value;
    else if (!strcmp(key, "temperature")) temperature_result[card] = value;
    else if (!strcmp(key, "power")) power_result[card] = value;
    else if (!strcmp(key, "mig")) mig[card] = value;
    else if (!strcmp(key, "slice")) slice[card] = value;
    else if (!strcmp(key, "ecc")) ecc[card] = value;
    else if (!strcmp(key, "xid")) xid[card] = value;
    else return INVALID;
    return OK;
}

int fake_init_calls(void) { return init_calls; }
int fake_balance(void) { return initialized; }

int nvmlInit_v2(void)
{
    init_calls++;
    if (init_result == OK) initialized++;
    return init_result;
}

int nvmlShutdown(void)
{
    if (!initialized) return UNINITIALIZED;
    initialized--;
    return OK;
}

/* Cards have the handles 1000 and 1001, the instances of card 0 2000 and up. */
static int slice_of(void *device) { return (long)device >= 2000 ? (int)((long)device - 2000) : -1; }
static int card_of(void *device) { return slice_of(device) >= 0 ? 0 : (int)((long)device - 1000); }

static int check(void *device)
{
    int card = card_of(device);
    if (!initialized) return UNINITIALIZED;
    return card < 0 || card >= CARDS ? INVALID : card_result[card];
}

static int check_value(void *device, int *results)
{
    int result = check(device);
    return result ? result : results[card_of(device)];
}

int nvmlDeviceGetCount_v2(unsigned *cards) { *cards = count; return initialized ? OK : UNINITIALIZED; }

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
    if (!initialized) return UNINITIALIZED;
    if (index >= CARDS) return INVALID;
    *device = (void *)(long)(1000 + index);
    return handle_result[index];
}

int nvmlDeviceGetName(void *device, char *name, unsigned length)
{
    snprintf(name, length, slice_of(device) < 0 ? "Fake RTX %d" : "Fake RTX %d MIG 1g.5gb", card_of(device));
    return check(device);
}

int nvmlDeviceGetUUID(void *device, char *uuid, unsigned length)
{
    if (slice_of(device) < 0) snprintf(uuid, length, "GPU-%d", card_of(device));
    else snprintf(uuid, length, "MIG-%d-%d", card_of(device), slice_of(device));
    return check(device);
}

int nvmlDeviceGetMigMode(void *device, unsigned *current, unsigned *pending)
{
    *current = *pending = mig[card_of(device)];
    return check(device);
}

int nvmlDeviceGetMaxMigDeviceCount(void *device, unsigned *slots) { *slots = SLICES; return check(device); }

int nvmlDeviceGetMigDeviceHandleByIndex(void *device, unsigned index, void **instance)
{
    if (index >= SLICES || !slice[index]) return NOT_FOUND;
    *instance = (void *)(long)(2000 + index);
    return check(device);
}

int nvmlDeviceGetUtilizationRates(void *device, utilization_t *utilization)
{
    int result = check_value(device, utilization_result);
    if (result) return result;
    if (slice_of(device) >= 0 || mig[card_of(device)]) return NOT_SUPPORTED;
    utilization->gpu = 40 + card_of(device);
    utilization->memory = 7;
    return OK;
}

int nvmlDeviceGetMemoryInfo(void *device, memory_t *memory)
{
    memory->total = 24ULL << 30;
    memory->used = 5ULL << 30;
    memory->free = 19ULL << 30;
    return check_value(device, memory_result);
}

#ifndef NO_V2
int nvmlDeviceGetMemoryInfo_v2(void *device, memory_v2_t *memory)
{
    int is_slice = slice_of(device) >= 0;
    if (memory->version != 0x02000028) return VERSION_MISMATCH + 1000;
    memory->total = (is_slice ? 5ULL : 24ULL) << 30;
    memory->reserved = 1ULL << 30;
    memory->used = (is_slice ? 1ULL : 4ULL) << 30;
    memory->free = (is_slice ? 3ULL : 19ULL) << 30;
    return check_value(device, memory_result);
}
#endif

int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius)
{
    *celsius = 61;
    return sensor == 0 ? check_value(device, temperature_result) : INVALID;
}

int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts)
{
    *milliwatts = 220500;
    return check_value(device, power_result);
}

int nvmlDeviceGetTotalEccErrors(void *device, int type, int counter, unsigned long long *errors)
{
    if (type != 1 || counter != 0) return INVALID;
    *errors = ecc[card_of(device)];
    return check(device);
}

int nvmlEventSetCreate(void **set) { *set = (void *)4711L; return OK; }
int nvmlEventSetFree(void *set) { return set == (void *)4711L ? OK : INVALID; }
int nvmlDeviceRegisterEvents(void *device, unsigned long long types, void *set) { return types == 8 && set == (void *)4711L ? check(device) : INVALID; }

int nvmlEventSetWait_v2(void *set, event_t *event, unsigned milliseconds)
{
    if (set != (void *)4711L || milliseconds != 0) return INVALID;
    for (int card = 0; card < CARDS; card++)
        if (xid[card])
        {
            event->device = (void *)(long)(1000 + card);
            event->type = 8;
            event->data = xid[card];
            xid[card] = 0;
            return OK;
        }
    return TIMEOUT;
}
