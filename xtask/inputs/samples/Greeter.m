#import <Foundation/Foundation.h>

@interface Greeter : NSObject
@property (nonatomic, copy) NSString *name;
- (instancetype)initWithName:(NSString *)name;
- (NSString *)greeting;
@end

@implementation Greeter

- (instancetype)initWithName:(NSString *)name {
    self = [super init];
    if (self) {
        _name = [name copy];
    }
    return self;
}

- (NSString *)greeting {
    return [NSString stringWithFormat:@"Hello, %@!", self.name];
}

@end

int main(int argc, const char *argv[]) {
    @autoreleasepool {
        Greeter *greeter = [[Greeter alloc] initWithName:@"Ada"];
        NSLog(@"%@", [greeter greeting]);
    }
    return 0;
}
