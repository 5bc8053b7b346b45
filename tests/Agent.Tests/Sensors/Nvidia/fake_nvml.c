/* A stand-in for NVIDIA's management library with two cards. The test steers it by fake_set. */
#include <stdio.h>
#include <string.h>

enum { CARDS = 2, OK = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, LOST = 15, VERSION_MISMATCH = 25 };

typedef struct { unsigned gpu, memory; } utilization_t;
typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } memory_v2_t;

static int initialized, init_result, init_calls;
static int handle_result[CARDS], card_result[CARDS], mig[CARDS], powerless[CARDS];

int fake_set(const char *key, int card, int value)
{
    if (!strcmp(key, "init")) init_result = value;
    else if (!strcmp(key, "handle")) handle_result[card] = value;
    else if (!strcmp(key, "card")) card_result[card] = value;
    else if (!strcmp(key, "mig")) mig[card] = value;
    else if (!strcmp(key, "powerless")) powerless[card] = value;
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

static int card_of(void *device) { return (int)((long)device - 1000); }

static int check(void *device)
{
    int card = card_of(device);
    if (!initialized) return UNINITIALIZED;
    return card < 0 || card >= CARDS ? INVALID : card_result[card];
}

int nvmlDeviceGetCount_v2(unsigned *count) { *count = CARDS; return initialized ? OK : UNINITIALIZED; }

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
    if (!initialized) return UNINITIALIZED;
    if (index >= CARDS) return INVALID;
    *device = (void *)(long)(1000 + index);
    return handle_result[index];
}

int nvmlDeviceGetName(void *device, char *name, unsigned length)
{
    snprintf(name, length, "Fake RTX %d", card_of(device));
    return check(device);
}

int nvmlDeviceGetUUID(void *device, char *uuid, unsigned length)
{
    snprintf(uuid, length, "GPU-%d", card_of(device));
    return check(device);
}

int nvmlDeviceGetUtilizationRates(void *device, utilization_t *utilization)
{
    int result = check(device);
    if (result) return result;
    if (mig[card_of(device)]) return NOT_SUPPORTED;
    utilization->gpu = 40 + card_of(device);
    utilization->memory = 7;
    return OK;
}

int nvmlDeviceGetMemoryInfo(void *device, memory_t *memory)
{
    memory->total = 24ULL << 30;
    memory->used = 5ULL << 30;
    memory->free = 19ULL << 30;
    return check(device);
}

#ifndef NO_V2
int nvmlDeviceGetMemoryInfo_v2(void *device, memory_v2_t *memory)
{
    if (memory->version != 0x02000028) return VERSION_MISMATCH + 1000;
    memory->total = 24ULL << 30;
    memory->reserved = 1ULL << 30;
    memory->used = 4ULL << 30;
    memory->free = 19ULL << 30;
    return check(device);
}
#endif

int nvmlDeviceGetTemperature(void *device, int sensor, unsigned *celsius)
{
    *celsius = 61;
    return sensor == 0 ? check(device) : INVALID;
}

int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts)
{
    int result = check(device);
    if (result) return result;
    *milliwatts = 220500;
    return powerless[card_of(device)] ? NOT_SUPPORTED : OK;
}
